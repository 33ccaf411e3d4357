/** Counts rows after dbt ended, where it could not be done on the way: a dbt that is only a command (no in-process driver). */
import type { Logger } from "../../../values/log.ts";
import { DuckDbFile } from "../../duckdb/connection.ts";
import type { DbtStats } from "../report/log-line.ts";

export interface CountOptions {
  readonly path: string;
  readonly pending: readonly { readonly uniqueId: string; readonly relation: string | null }[];
  readonly context: {
    readonly folders: { readonly root: string; readonly scratch: string };
    readonly job: { readonly step: string };
    readonly log: Logger;
    readonly signal: AbortSignal;
  };
}

export async function countPending({ path, pending, context }: CountOptions): Promise<Map<string, DbtStats>> {
  const { folders, log, signal } = context;
  const file = new DuckDbFile({
    path,
    readOnly: true,
    root: folders.root,
    owner: folders.scratch,
    holder: `step ${context.job.step}`,
    log,
    signal,
  });
  const counted = new Map<string, DbtStats>();
  try {
    for (const { uniqueId, relation } of pending) {
      if (relation === null) continue;
      try {
        const [row] = await file.rows(`select count(*) as n from ${relation}`, []);
        const columns = await file.rows(`describe ${relation}`, []);
        counted.set(uniqueId, {
          unique_id: uniqueId,
          row_count: Number(row?.["n"]),
          columns: columns.map((column) => ({
            name: String(column["column_name"]),
            type: String(column["column_type"]),
            nullable: column["null"] === "YES",
          })),
        });
      } catch (error) {
        signal.throwIfAborted();
        counted.set(uniqueId, { unique_id: uniqueId, error: error instanceof Error ? error.message : String(error) });
      }
    }
  } finally {
    await file.close();
  }
  return counted;
}
