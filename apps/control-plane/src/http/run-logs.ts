/** Raw output of a step attempt as one text, from a byte offset: the decompressed chunks after one another. */
import { Hono } from "hono";
import { z } from "zod";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import type { RawLogChunk } from "../deployment/runs/raw-log-chunk.ts";
import type { AppEnv } from "./app-env.ts";
import { needs } from "./access/authorize.ts";
import { invalidInput } from "./errors.ts";

const paramsSchema = z.object({
  run: z.uuid(),
  step: z.string().min(1).max(1000),
  attempt: z.coerce.number().int().min(1).max(1_000_000),
  stream: z.enum(["stdout", "stderr"]),
  offset: z.coerce.number().int().min(0).default(0),
});

export const runLogRoutes = new Hono<AppEnv>().get("/api/:org/:dep/runs/:run/logs/:step/:attempt/:stream", needs("viewer"), async (c) => {
  const parsed = paramsSchema.safeParse({ ...c.req.param(), offset: c.req.query("offset") });
  if (!parsed.success) throw invalidInput("the address of the raw output", parsed.error);
  const { offset } = parsed.data;
  const { chunks, complete } = unwrap(await c.get("access").deployment.logChunks(parsed.data));
  const after = chunks.filter((chunk) => chunk.offset + chunk.bytes > offset);
  const contiguous = contiguousFrom(after, offset);
  return new Response(concatenated(c.env.BUCKET, contiguous, offset), {
    headers: {
      "content-type": "text/plain; charset=utf-8",
      // More may follow: an agent is still writing, or a later chunk arrived before an earlier one.
      "x-headgate-complete": String(complete && contiguous.length === after.length),
    },
  });
});

/** Chunks in order up to the first hole, so that the reader's offset always equals the bytes it has. */
function contiguousFrom(chunks: readonly RawLogChunk[], offset: number): readonly RawLogChunk[] {
  let end = offset;
  return chunks
    .toSorted((a, b) => a.offset - b.offset)
    .filter((chunk) => {
      if (chunk.offset > end) return false;
      end = chunk.offset + chunk.bytes;
      return true;
    });
}

function concatenated(bucket: R2Bucket, chunks: readonly RawLogChunk[], offset: number): ReadableStream<Uint8Array> {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  void copyAll({ bucket, chunks, offset }, writable);
  return readable;
}

async function copyAll(
  source: { readonly bucket: R2Bucket; readonly chunks: readonly RawLogChunk[]; readonly offset: number },
  writable: WritableStream<Uint8Array>,
): Promise<void> {
  const writer = writable.getWriter();
  try {
    let at = source.offset;
    for (const chunk of source.chunks) {
      const object = await source.bucket.get(chunk.key);
      if (!object) throw new Error(`raw output ${chunk.key} is gone from the bucket`);
      const bytes = await new Response(object.body.pipeThrough(new DecompressionStream("gzip"))).bytes();
      await writer.write(bytes.subarray(at - chunk.offset));
      at = chunk.offset + chunk.bytes;
    }
    await writer.close();
  } catch (error) {
    // The headers are sent: breaking the stream off is the only way left to say that something is missing.
    await writer.abort(error).catch(() => undefined);
  }
}
