/** Finds the R2 keys of raw output and manifests. */
import { ok, refuse, type Result } from "@headgate/shared/domain/errors.ts";
import { type LogChunkRow, logChunks } from "../runs/log-store.ts";
import { readRun } from "../runs/run-store.ts";
import { readVersion } from "../catalog/version-store.ts";
import type { Reader } from "../kernel/reader.ts";
import { unknownRun } from "./run-queries.ts";
import type { RawLogChunk, RawLogQuery } from "../runs/raw-log-chunk.ts";

export function logChunksQuery(
  reader: Reader,
  input: RawLogQuery,
): Result<{ readonly chunks: readonly RawLogChunk[]; readonly complete: boolean }> {
  const run = readRun(reader.db, input.run);
  if (!run) return unknownRun(input.run);
  const rows = logChunks(reader.db, {
    runNo: run.no,
    step: input.step,
    attempt: input.attempt,
    stream: input.stream,
    offset: input.offset,
  });
  return ok({
    chunks: rows
      .filter((row) => row.bytes > 0)
      .map((row) => ({
        run: input.run,
        step: row.step,
        attempt: row.attempt,
        stream: row.stream,
        chunk: row.chunk,
        offset: row.offset,
        bytes: row.bytes,
        final: row.final === 1,
        key: row.key,
      })),
    complete: isWhole(rows, input.offset),
  });
}

/** Whether the output from an offset to its end is complete. A chunk may be lost or arrive after the last one. */
function isWhole(rows: readonly LogChunkRow[], offset: number): boolean {
  let end = offset;
  for (const row of rows) {
    if (row.offset > end) return false;
    end = Math.max(end, row.offset + row.bytes);
  }
  return rows.at(-1)?.final === 1;
}

export function manifestKeyOf(
  reader: Reader,
  input: { readonly location: string; readonly version: string },
): Result<{ readonly key: string }> {
  const version = readVersion(reader.db, input.version);
  return version?.location === input.location
    ? ok({ key: version.manifestKey })
    : refuse("not_found", `Code location ${input.location} has no version ${input.version}.`);
}
