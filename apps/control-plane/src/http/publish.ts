/** Publishing a code location: manifest, blobs by their hash, activation, and what went wrong when the newest code does not load. */
import { Hono } from "hono";
import { z } from "zod";
import { MAX_BATCH_BODY_BYTES, unpackBlobs } from "@headgate/shared/contract/http/blob-batch.ts";
import { MAX_BLOB_BYTES } from "@headgate/shared/contract/http/routes.ts";
import { AppError, unwrap } from "@headgate/shared/domain/errors.ts";
import { loadErrorSchema, sha256Schema } from "@headgate/shared/manifest/schema.ts";
import { writeAudit, type AuditEntry } from "../directory/audit.ts";
import type { AppContext, AppEnv } from "./app-env.ts";
import { auditActor } from "./access/audit-actor.ts";
import { needs } from "./access/authorize.ts";
import { checkLength, readBytes, readJson } from "./body.ts";
import { activateChecked, missingBlobs, readManifest, storeManifest } from "./manifests.ts";
import { blobKey } from "./storage-keys.ts";

const errorsSchema = z.object({ errors: z.array(loadErrorSchema).min(1).max(100) });

export const publishRoutes = new Hono<AppEnv>()
  .post("/api/:org/:dep/locations/:name/versions", needs("editor"), async (c) => {
    const { deployment, place, actor } = c.get("access");
    const manifest = await readManifest(c.req.raw, c.req.param("name"));
    const stored = await storeManifest(c.env.BUCKET, place.id, manifest);
    const registered = unwrap(await deployment.registerVersion({ manifest, hash: stored.hash, manifestKey: stored.key, actor }));
    const missing = await missingBlobs(c.env.BUCKET, place.id, manifest);
    await noteChange(c, {
      action: "location.register",
      target: manifest.location,
      after: { version: registered.version, number: registered.number },
    });
    return c.json({ ...registered, missing });
  })

  .put("/api/:org/:dep/blobs/:sha256", needs("editor"), async (c) => {
    const { place } = c.get("access");
    const sha256 = sha256Schema.safeParse(c.req.param("sha256"));
    if (!sha256.success)
      throw new AppError(
        "invalid_input",
        "the blob's address must end with the SHA-256 of its content, as 64 lower case hexadecimal digits",
      );
    const length = checkLength(c.req.raw, { what: "the blob", maxBytes: MAX_BLOB_BYTES });
    // R2 needs to know the length of what it streams; an empty body has no stream.
    if (length === null) throw new AppError("invalid_input", "send the blob with a Content-Length");
    await putBlob(c.env.BUCKET, { key: blobKey(place.id, sha256.data), sha256: sha256.data, body: c.req.raw.body ?? new Uint8Array(0) });
    return c.json({ sha256: sha256.data, size: length });
  })

  .post("/api/:org/:dep/blobs", needs("editor"), async (c) => {
    const { place } = c.get("access");
    const blobs = unpackBlobs(await readBytes(c.req.raw, { what: "the batch of blobs", maxBytes: MAX_BATCH_BODY_BYTES }));
    await Promise.all(blobs.map(({ sha256, bytes }) => putBlob(c.env.BUCKET, { key: blobKey(place.id, sha256), sha256, body: bytes })));
    return c.json({ stored: blobs.length });
  })

  .post("/api/:org/:dep/locations/:name/versions/:id/activate", needs("editor"), async (c) => {
    const { deployment, place, actor } = c.get("access");
    const location = c.req.param("name");
    const version = c.req.param("id");
    const view = unwrap(
      await activateChecked(c.env, { deployment, deploymentId: place.id, location, version }, () =>
        deployment.perform("locations.activate", { location, version }, actor),
      ),
    );
    await noteChange(c, { action: "locations.activate", target: location, after: { version, number: view.number } });
    return c.json(view);
  })

  .post("/api/:org/:dep/locations/:name/errors", needs("editor"), async (c) => {
    const { deployment, actor } = c.get("access");
    const location = c.req.param("name");
    if (!/^[A-Za-z0-9_-]{1,100}$/.test(location))
      throw new AppError("invalid_input", `'${location}' cannot be a code location: use letters, digits, '_' and '-'`);
    const { errors } = await readJson(c.req.raw, errorsSchema, { what: "the list of load errors", maxBytes: 4 * 1024 * 1024 });
    unwrap(await deployment.reportLoadErrors({ location, errors, actor }));
    await noteChange(c, { action: "location.report_errors", target: location, after: { errors: errors.length } });
    return c.json({ ok: true });
  });

async function putBlob(
  bucket: R2Bucket,
  blob: { readonly key: string; readonly sha256: string; readonly body: ReadableStream | Uint8Array },
): Promise<void> {
  try {
    await bucket.put(blob.key, blob.body, { sha256: blob.sha256 });
  } catch (error) {
    // R2 compares the checksum itself and reports the mismatch only in words.
    if (error instanceof Error && /checksum|sha-?256|digest/i.test(error.message)) {
      throw new AppError(
        "invalid_input",
        `the blob does not have the SHA-256 ${blob.sha256}; it was damaged on the way or changed meanwhile: publish again`,
        { cause: error },
      );
    }
    throw error;
  }
}

async function noteChange(c: AppContext, entry: Pick<AuditEntry, "action" | "target" | "after">): Promise<void> {
  const { place, principal } = c.get("access");
  await writeAudit(c.get("directory"), {
    ...entry,
    actor: auditActor(c, principal),
    organizationId: place.organizationId,
    deploymentId: place.id,
  });
}
