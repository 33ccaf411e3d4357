/** Stores the assets of steps: which a run will still materialize, and their bars in its timeline. */
import { and, asc, eq, sql } from "drizzle-orm";
import { stepAsset } from "./tables.ts";
import { type Database, prepared } from "../kernel/database.ts";

export type StepAssetRow = typeof stepAsset.$inferSelect;

export interface StepAssetAt {
  readonly runNo: number;
  readonly step: number;
  readonly asset: string;
}

export function startStepAsset(db: Database, at: StepAssetAt, now: number): void {
  db.sql.exec(
    "UPDATE step_asset SET open = 1, status = 'running', started_at = ?, ended_at = NULL, message = NULL WHERE run_no = ? AND step = ? AND asset = ?",
    now,
    at.runNo,
    at.step,
    at.asset,
  );
}

export interface StepAssetEnd extends StepAssetAt {
  readonly status: "succeeded" | "failed" | "skipped";
  readonly now: number;
  readonly durationMs: number | null;
  readonly rowCount: number | null;
  readonly message: string | null;
}

/** Returns the previous status, or undefined if the asset is not part of the step. */
export function endStepAsset(db: Database, end: StepAssetEnd): { readonly before: string | null } | undefined {
  const row = db.sql
    .exec<{ status: string | null }>(
      "SELECT status FROM step_asset WHERE run_no = ? AND step = ? AND asset = ?",
      end.runNo,
      end.step,
      end.asset,
    )
    .toArray()[0];
  if (!row) return undefined;
  db.sql.exec(
    `UPDATE step_asset SET open = 0, status = ?, started_at = coalesce(started_at, ?), ended_at = ?, row_count = ?, message = ? WHERE run_no = ? AND step = ? AND asset = ?`,
    end.status,
    end.durationMs === null ? null : Math.round(end.now - end.durationMs),
    end.now,
    end.rowCount,
    end.message,
    end.runNo,
    end.step,
    end.asset,
  );
  return { before: row.status };
}

/** Reopens the assets that have not succeeded, for the next attempt. Returns their keys. */
export function reopenAssets(db: Database, runNo: number, step: number): string[] {
  return db.sql
    .exec<{ asset: string }>(
      "UPDATE step_asset SET open = 1 WHERE run_no = ? AND step = ? AND open = 0 AND status IS NOT 'succeeded' RETURNING asset",
      runNo,
      step,
    )
    .toArray()
    .map((row) => row.asset);
}

/** Closes the open assets of an ended run. Returns their keys. */
export function closeAssetsOfRun(db: Database, runNo: number): string[] {
  return db.sql
    .exec<{ asset: string }>("UPDATE step_asset SET open = 0 WHERE run_no = ? AND open = 1 RETURNING asset", runNo)
    .toArray()
    .map((row) => row.asset);
}

export function assetsOfStep(db: Database, runNo: number, step: number): StepAssetRow[] {
  const query = prepared(db, "assetsOfStep", (orm) =>
    orm
      .select()
      .from(stepAsset)
      .where(and(eq(stepAsset.runNo, sql.placeholder("runNo")), eq(stepAsset.step, sql.placeholder("step"))))
      .orderBy(asc(stepAsset.asset))
      .prepare(),
  );
  return query.all({ runNo, step });
}

export function someAssetsOfStep(
  db: Database,
  of: { readonly runNo: number; readonly step: number; readonly assets: readonly string[] },
): StepAssetRow[] {
  return db.orm
    .select()
    .from(stepAsset)
    .where(
      and(
        eq(stepAsset.runNo, of.runNo),
        eq(stepAsset.step, of.step),
        sql`${stepAsset.asset} IN (SELECT value FROM json_each(${JSON.stringify(of.assets)}))`,
      ),
    )
    .all();
}

export function assetsOfRun(db: Database, runNo: number): StepAssetRow[] {
  return db.orm.select().from(stepAsset).where(eq(stepAsset.runNo, runNo)).orderBy(asc(stepAsset.step), asc(stepAsset.asset)).all();
}

export interface OpenAsset {
  readonly asset: string;
  readonly run: string;
  readonly status: "queued" | "running";
}

/** The newest run that will materialize each asset; null means all assets. */
export function openAssets(db: Database, keys: readonly string[] | null): Map<string, OpenAsset> {
  const filter = keys === null ? "" : "AND step_asset.asset IN (SELECT value FROM json_each(?1))";
  const rows = db.sql.exec<{ asset: string; run: string; running: number }>(
    `SELECT step_asset.asset AS asset, run.id AS run, step.status IN ('assigned', 'running') AS running
     FROM step_asset JOIN run ON run.no = step_asset.run_no JOIN step ON step.run_no = step_asset.run_no AND step.position = step_asset.step
     WHERE step_asset.open = 1 ${filter} ORDER BY step_asset.run_no`,
    ...(keys === null ? [] : [JSON.stringify(keys)]),
  );
  const open = new Map<string, OpenAsset>();
  for (const row of rows) {
    // A running step takes precedence over a newer run that waits.
    if (open.get(row.asset)?.status === "running" && row.running === 0) continue;
    open.set(row.asset, { asset: row.asset, run: row.run, status: row.running === 1 ? "running" : "queued" });
  }
  return open;
}
