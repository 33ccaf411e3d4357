/** Manifests and blobs in R2: reading a manifest body, storing it, and which of its files are missing. */
import { canonicalJson } from "@headgate/shared/domain/json.ts";
import { AppError, refuse, type Result } from "@headgate/shared/domain/errors.ts";
import { MANIFEST_MAX_BYTES, MANIFEST_OLDEST_SUPPORTED, MANIFEST_VERSION, type Manifest } from "@headgate/shared/manifest/schema.ts";
import { manifestOnWire, manifestWireSchema } from "@headgate/shared/manifest/wire.ts";
import type { DeploymentStub } from "../deployment/rpc.ts";
import { sha256Hex } from "../directory/secrets.ts";
import { readUnparsedJson } from "./body.ts";
import { invalidInput } from "./errors.ts";
import { blobKey, blobPrefix, manifestKey } from "./storage-keys.ts";

export async function readManifest(request: Request, location: string): Promise<Manifest> {
  const value = await readUnparsedJson(request, { what: "the manifest", maxBytes: MANIFEST_MAX_BYTES });
  const version = typeof value === "object" && value !== null && "schema" in value ? value.schema : undefined;
  if (typeof version === "number" && (version < MANIFEST_OLDEST_SUPPORTED || version > MANIFEST_VERSION)) {
    const supported = `${MANIFEST_OLDEST_SUPPORTED} to ${MANIFEST_VERSION}`;
    throw new AppError(
      "unsupported_version",
      `the manifest has version ${version}; this control plane understands ${supported}. Update the older of SDK and control plane`,
    );
  }
  const parsed = manifestWireSchema.safeParse(value);
  if (!parsed.success) throw invalidInput("the manifest", parsed.error);
  if (parsed.data.location !== location) {
    throw new AppError("invalid_input", `the manifest is of the code location '${parsed.data.location}' but was sent to '${location}'`);
  }
  if (!parsed.data.files.some((file) => file.path === parsed.data.entry)) {
    throw new AppError("invalid_input", `the manifest's entry '${parsed.data.entry}' is not among its files`);
  }
  const paths = new Set<string>();
  for (const { path } of parsed.data.files) {
    if (paths.has(path)) throw new AppError("invalid_input", `the manifest names the file '${path}' twice; publish again`);
    paths.add(path);
  }
  return parsed.data;
}

/** Equal manifests have equal hashes, so publishing twice gives one version. */
export async function storeManifest(
  bucket: R2Bucket,
  deployment: string,
  manifest: Manifest,
): Promise<{ readonly hash: string; readonly key: string }> {
  const text = canonicalJson(manifestOnWire(manifest));
  const hash = await sha256Hex(text);
  const key = manifestKey(deployment, hash);
  await bucket.put(key, text, { sha256: hash, httpMetadata: { contentType: "application/json" } });
  return { hash, key };
}

/** Above this many files, listing what is there costs fewer calls than asking for each. */
const MAX_HEADS = 40;

export async function missingBlobs(bucket: R2Bucket, deployment: string, manifest: Manifest): Promise<readonly string[]> {
  const wanted = [...new Set(manifest.files.map((file) => file.sha256))];
  if (wanted.length <= MAX_HEADS) {
    const heads = await Promise.all(wanted.map((sha256) => bucket.head(blobKey(deployment, sha256))));
    return wanted.filter((_, index) => heads[index] === null);
  }
  const prefix = blobPrefix(deployment);
  const absent = new Set(wanted);
  let cursor: string | undefined;
  do {
    const page = await bucket.list({ prefix, ...(cursor !== undefined && { cursor }) });
    for (const object of page.objects) absent.delete(object.key.slice(prefix.length));
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor !== undefined && absent.size > 0);
  return [...absent];
}

/** Every way to activate a version goes through here, so that no version is activated whose files an agent could not load. */
export async function activateChecked<T>(
  env: { readonly BUCKET: R2Bucket },
  target: {
    readonly deployment: DeploymentStub;
    readonly deploymentId: string;
    readonly location: string;
    readonly version: string;
  },
  activate: () => Promise<Result<T>>,
): Promise<Result<T>> {
  const { deployment, deploymentId, location, version } = target;
  const where = await deployment.manifestKey({ location, version });
  if (!where.ok) return where;
  const stored = await env.BUCKET.get(where.value.key);
  if (!stored)
    throw new AppError("internal", `the manifest of version '${version}' of '${location}' is gone from the bucket; publish it again`);
  const missing = await missingBlobs(env.BUCKET, deploymentId, manifestWireSchema.parse(await stored.json()));
  if (missing.length > 0) {
    return refuse(
      "conflict",
      `version '${version}' of '${location}' cannot be activated: ${missing.length} of its files are not uploaded`,
      { missing: missing.slice(0, 1000) },
    );
  }
  return await activate();
}
