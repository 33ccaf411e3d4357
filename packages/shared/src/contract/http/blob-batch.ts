/**
 * Many small blobs in one body: a line of JSON that names them, then their bytes in that order. A project has thousands of small files,
 * and a request costs more than most of them. Blobs are addressed by content, so a receiver that needs to be sure computes the hash.
 */
import { z } from "zod";
import { AppError } from "../../domain/errors.ts";
import { sha256Schema } from "../../manifest/schema.ts";

/** Each is a call to the bucket, and a Worker has a thousand of these for one request. */
export const MAX_BATCH_BLOBS = 400;
export const MAX_BATCH_BYTES = 4 * 1024 * 1024;
/** Larger ones travel alone. */
export const MAX_BATCHED_BLOB_BYTES = 256 * 1024;
/** A batch with the line that names its blobs. */
export const MAX_BATCH_BODY_BYTES = MAX_BATCH_BYTES + 128 * MAX_BATCH_BLOBS;

export interface BatchedBlob {
  readonly sha256: string;
  readonly bytes: Uint8Array;
}

const lineSchema = z.array(z.object({ sha256: sha256Schema, size: z.number().int().min(0) })).max(MAX_BATCH_BLOBS);
const NEWLINE = 10;

export function packBlobs(blobs: readonly BatchedBlob[]): Uint8Array<ArrayBuffer> {
  const line = new TextEncoder().encode(`${JSON.stringify(blobs.map(({ sha256, bytes }) => ({ sha256, size: bytes.byteLength })))}\n`);
  const body = new Uint8Array(blobs.reduce((sum, { bytes }) => sum + bytes.byteLength, line.byteLength));
  body.set(line);
  let at = line.byteLength;
  for (const { bytes } of blobs) {
    body.set(bytes, at);
    at += bytes.byteLength;
  }
  return body;
}

export function unpackBlobs(body: Uint8Array): readonly BatchedBlob[] {
  const end = body.indexOf(NEWLINE);
  const line = lineSchema.safeParse(end < 0 ? null : readJson(new TextDecoder().decode(body.subarray(0, end))));
  if (!line.success) throw new AppError("invalid_input", "the batch of blobs does not begin with a line of JSON that names them");
  let at = end + 1;
  const blobs = line.data.map(({ sha256, size }) => {
    const bytes = body.subarray(at, at + size);
    at += size;
    return { sha256, bytes };
  });
  if (at !== body.byteLength)
    throw new AppError("invalid_input", `the batch of blobs has ${body.byteLength} bytes, its first line speaks of ${at}`);
  return blobs;
}

/** Those small enough for batches, in batches; the others are left out. */
export function batchesOf<B extends { readonly size: number }>(blobs: readonly B[]): readonly (readonly B[])[] {
  const batches: B[][] = [];
  let bytes = 0;
  for (const blob of blobs) {
    if (blob.size > MAX_BATCHED_BLOB_BYTES) continue;
    const last = batches.at(-1);
    if (last === undefined || last.length === MAX_BATCH_BLOBS || bytes + blob.size > MAX_BATCH_BYTES) {
      batches.push([blob]);
      bytes = blob.size;
    } else {
      last.push(blob);
      bytes += blob.size;
    }
  }
  return batches;
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
