import { describe, expect, test } from "vitest";
import { batchesOf, MAX_BATCH_BLOBS, MAX_BATCH_BYTES, MAX_BATCHED_BLOB_BYTES, packBlobs, unpackBlobs } from "./blob-batch.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytes = (value: string) => new TextEncoder().encode(value);
const A = "a".repeat(64);
const B = "b".repeat(64);

describe("a batch of blobs", () => {
  test("comes out as it went in, also empty blobs and new lines", () => {
    const unpacked = unpackBlobs(
      packBlobs([
        { sha256: A, bytes: bytes("one\ntwo") },
        { sha256: B, bytes: bytes("") },
      ]),
    );
    expect(unpacked.map((blob) => [blob.sha256, text(blob.bytes)])).toEqual([
      [A, "one\ntwo"],
      [B, ""],
    ]);
    expect(unpackBlobs(packBlobs([]))).toEqual([]);
  });

  test.each([
    ["nothing", ""],
    ["no line", "[]"],
    ["no JSON", "what\n"],
    ["no hash", `[{"sha256":"../x","size":1}]\na`],
    ["a negative size", `[{"sha256":"${A}","size":-1}]\n`],
    ["fewer bytes", `[{"sha256":"${A}","size":3}]\nab`],
    ["more bytes", `[{"sha256":"${A}","size":1}]\nab`],
  ])("with %s is refused", (_, body) => {
    expect(() => unpackBlobs(bytes(body))).toThrow(/the batch of blobs/);
  });

  test("has a bound in number and in bytes, and large blobs are in none", () => {
    const blobs = [...Array.from({ length: MAX_BATCH_BLOBS + 1 }, () => ({ size: 1 })), { size: MAX_BATCHED_BLOB_BYTES + 1 }];
    expect(batchesOf(blobs).map((batch) => batch.length)).toEqual([MAX_BATCH_BLOBS, 1]);
    const large = Array.from({ length: MAX_BATCH_BYTES / MAX_BATCHED_BLOB_BYTES + 1 }, () => ({ size: MAX_BATCHED_BLOB_BYTES }));
    expect(batchesOf(large).map((batch) => batch.length)).toEqual([large.length - 1, 1]);
    expect(batchesOf([])).toEqual([]);
  });
});
