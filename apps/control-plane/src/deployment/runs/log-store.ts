/** Stores where the chunks of raw output are; the bytes are in R2. */
import { and, asc, eq, gt, sql } from "drizzle-orm";
import type { RawLogFile } from "@headgate/shared/contract/runs/runs.ts";
import { logChunk } from "./tables.ts";
import type { Database } from "../kernel/database.ts";

export type LogChunkRow = typeof logChunk.$inferSelect;

/** Storing a chunk again changes nothing. */
export function insertLogChunk(db: Database, row: LogChunkRow): void {
  db.orm.insert(logChunk).values(row).onConflictDoNothing().run();
}

/** `complete`: all chunks up to the last one are stored. */
export function logFilesOf(db: Database, runNo: number): RawLogFile[] {
  return db.orm
    .select({
      step: logChunk.step,
      attempt: logChunk.attempt,
      stream: logChunk.stream,
      bytes: sql<number>`sum(${logChunk.bytes})`,
      complete: sql<number>`max(${logChunk.final}) AND count(*) = max(${logChunk.chunk}) + 1`,
    })
    .from(logChunk)
    .where(eq(logChunk.runNo, runNo))
    .groupBy(logChunk.step, logChunk.attempt, logChunk.stream)
    .all()
    .map((row) => ({ ...row, complete: row.complete === 1 }));
}

const MAX_CHUNKS = 1000;

/** Chunks with bytes at or after the offset, in order. */
export function logChunks(
  db: Database,
  query: {
    readonly runNo: number;
    readonly step: string;
    readonly attempt: number;
    readonly stream: "stdout" | "stderr";
    readonly offset: number;
  },
): LogChunkRow[] {
  return db.orm
    .select()
    .from(logChunk)
    .where(
      and(
        eq(logChunk.runNo, query.runNo),
        eq(logChunk.step, query.step),
        eq(logChunk.attempt, query.attempt),
        eq(logChunk.stream, query.stream),
        gt(sql`${logChunk.offset} + ${logChunk.bytes} + ${logChunk.final}`, query.offset),
      ),
    )
    .orderBy(asc(logChunk.chunk))
    .limit(MAX_CHUNKS)
    .all();
}
