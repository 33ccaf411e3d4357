/**
 * What an agent asks over HTTP beside its socket: manifests, blobs, a place for raw output, and what concerns its pods. A pod gets only the
 * manifest of its own version. It may read every blob of its deployment, because a blob is named by its hash, which only a manifest tells.
 */
import { Hono } from "hono";
import { z } from "zod";
import { MAX_BATCH_BLOBS, MAX_BATCH_BYTES, packBlobs, type BatchedBlob } from "@headgate/shared/contract/http/blob-batch.ts";
import { AppError, unwrap } from "@headgate/shared/domain/errors.ts";
import { sha256Schema } from "@headgate/shared/manifest/schema.ts";
import { attemptEndSchema, attemptRefSchema, attemptWaitsSchema } from "@headgate/shared/protocol/attempt.ts";
import { LOG_CHUNK_BYTES } from "@headgate/shared/protocol/constants.ts";
import { hex } from "../directory/secrets.ts";
import type { AppEnv } from "./app-env.ts";
import { needsAgent, needsAgentOrPod } from "./access/authorize.ts";
import { notOfAttempt } from "./access/refusals.ts";
import { collect, readBytes, readJson } from "./body.ts";
import { invalidInput } from "./errors.ts";
import { blobKey, logChunkKey } from "./storage-keys.ts";

const chunkSchema = z.object({
  run: z.uuid(),
  step: z.string().min(1).max(1000),
  attempt: z.coerce.number().int().min(1).max(1_000_000),
  stream: z.enum(["stdout", "stderr"]),
  chunk: z.coerce.number().int().min(0).max(99_999_999),
  offset: z.coerce.number().int().min(0),
  final: z.enum(["0", "1"]).default("0"),
});
const wantedSchema = z.object({ blobs: z.array(sha256Schema).max(MAX_BATCH_BLOBS) });
/** gzip can make incompressible bytes a little longer. */
const MAX_COMPRESSED_BYTES = LOG_CHUNK_BYTES + 64 * 1024;

export const agentRoutes = new Hono<AppEnv>()
  .get("/agent/v1/versions/:location/:version", needsAgentOrPod, async (c) => {
    const { attempt } = c.get("agent");
    const { location, version } = c.req.param();
    if (attempt && (attempt.location !== location || attempt.version !== version))
      throw notOfAttempt(`version '${version}' of '${location}'`, attempt);
    const { key } = unwrap(await c.get("agent").deployment.manifestKey(c.req.param()));
    const stored = await c.env.BUCKET.get(key);
    if (!stored) throw new AppError("not_found", "this version's manifest is not in the bucket; publish the code location again");
    return new Response(stored.body, { headers: { "content-type": "application/json" } });
  })

  .get("/agent/v1/blobs/:sha256", needsAgentOrPod, async (c) => {
    const sha256 = sha256Schema.safeParse(c.req.param("sha256"));
    const stored = sha256.success ? await c.env.BUCKET.get(blobKey(c.get("agent").place.id, sha256.data)) : null;
    if (!stored) throw missingBlob(c.req.param("sha256"));
    return new Response(stored.body, {
      headers: { "content-type": "application/octet-stream", "content-length": String(stored.size), etag: stored.httpEtag },
    });
  })

  .post("/agent/v1/blobs", needsAgentOrPod, async (c) => {
    const { blobs } = await readJson(c.req.raw, wantedSchema, { what: "the list of blobs" });
    return new Response(packBlobs(await readBlobs(c.env.BUCKET, c.get("agent").place.id, blobs)), {
      headers: { "content-type": "application/octet-stream" },
    });
  })

  .put("/agent/v1/logs/:run/:step/:attempt/:stream/:chunk", needsAgentOrPod, async (c) => {
    const parsed = chunkSchema.safeParse({ ...c.req.param(), offset: c.req.query("offset"), final: c.req.query("final") });
    if (!parsed.success) throw invalidInput("the address of the chunk", parsed.error);
    const { run, step, attempt, stream, chunk, offset } = parsed.data;
    const { token, place, deployment, attempt: own } = c.get("agent");
    if (own && (own.run !== run || own.step !== step || own.attempt !== attempt))
      throw notOfAttempt(`output of attempt ${attempt} of '${step}' in run ${run}`, own);
    // Nothing may fill the bucket that belongs to no step of this agent.
    unwrap(await deployment.mayWriteLog({ run, step, attempt, token: token.id }));
    const body = await readBytes(c.req.raw, { what: "the chunk of raw output", maxBytes: MAX_COMPRESSED_BYTES });
    const bytes = await gunzippedLength(body);
    const contentHash = hex(await crypto.subtle.digest("SHA-256", body));
    const key = await logChunkKey(place.id, { run, step, attempt, stream, chunk, contentHash });
    await c.env.BUCKET.put(key, body);
    unwrap(
      await deployment.recordLogChunk({
        run,
        step,
        attempt,
        stream,
        chunk,
        offset,
        bytes,
        final: parsed.data.final === "1",
        key,
        token: token.id,
      }),
    );
    return c.json({ bytes });
  })

  .post("/agent/v1/attempt-token", needsAgentOrPod, async (c) => {
    const { token, deployment, attempt: own } = c.get("agent");
    const ref = await readJson(c.req.raw, attemptRefSchema, { what: "the attempt" });
    if (own && (own.run !== ref.run || own.step !== ref.step || own.epoch !== ref.epoch))
      throw notOfAttempt(`attempt ${ref.epoch} of '${ref.step}' in run ${ref.run}`, own);
    return c.json(unwrap(await deployment.grantAttemptToken({ ref, token: token.id })));
  })

  .post("/agent/v1/attempt-end", needsAgent, async (c) => {
    const end = await readJson(c.req.raw, attemptEndSchema, { what: "the end of the attempt" });
    const { token, deployment } = c.get("agent");
    return c.json(unwrap(await deployment.endAttempt({ end, token: token.id })));
  })

  .post("/agent/v1/attempt-waits", needsAgent, async (c) => {
    const waits = await readJson(c.req.raw, attemptWaitsSchema, { what: "what the pod waits for" });
    const { token, deployment } = c.get("agent");
    return c.json(unwrap(await deployment.noteAttemptWaits({ waits, token: token.id })));
  });

async function readBlobs(bucket: R2Bucket, deployment: string, wanted: readonly string[]): Promise<readonly BatchedBlob[]> {
  let size = 0;
  return await Promise.all(
    wanted.map(async (sha256) => {
      const stored = await bucket.get(blobKey(deployment, sha256));
      if (!stored) throw missingBlob(sha256);
      size += stored.size;
      if (size > MAX_BATCH_BYTES)
        throw new AppError("too_large", `these blobs have more than ${MAX_BATCH_BYTES} bytes; ask for fewer, or for each by itself`);
      return { sha256, bytes: await stored.bytes() };
    }),
  );
}

function missingBlob(sha256: string): AppError {
  return new AppError("not_found", `there is no blob ${sha256}; publish the code location again`);
}

/** Reads to the end, so that a damaged chunk or a bomb is refused now and not when somebody looks at the output. */
async function gunzippedLength(body: Uint8Array<ArrayBuffer>): Promise<number> {
  try {
    const stream = new Blob([body]).stream().pipeThrough(new DecompressionStream("gzip"));
    const text = await collect(stream, { what: "the uncompressed chunk of raw output", maxBytes: LOG_CHUNK_BYTES });
    return text.byteLength;
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError("invalid_input", "the chunk of raw output is not a whole gzip stream", { cause: error });
  }
}
