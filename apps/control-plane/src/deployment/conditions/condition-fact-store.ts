/** Reads the facts about assets and checks that conditions need. Each query uses an index. */
import { parseCheckId } from "@headgate/shared/domain/asset-check.ts";
import type { DefaultStatus } from "@headgate/shared/domain/automation/starts-on.ts";
import type { Database } from "../kernel/database.ts";

export type UpdateRow = {
  gseq: number;
  at: number;
  runNo: number;
  type: string;
  partition: string | null;
  changed: number | null;
  startedAt: number | null;
  startedSeq: number | null;
};
const UPDATE =
  "asset_event.gseq AS gseq, event.at AS at, event.run_no AS runNo, asset_event.type AS type, asset_event.partition AS partition, asset_event.changed AS changed, start.at AS startedAt, asset_event.started_seq AS startedSeq";

/** The most updates read one by one. Older ones are summarized: only the latest of each partition, type and effect is read. */
export const MAX_UPDATES = 5_000;
const OF_UPDATE = `FROM asset_event CROSS JOIN event ON event.gseq = asset_event.gseq LEFT JOIN event AS start ON start.gseq = asset_event.started_seq`;
const IS_UPDATE = "asset_event.type IN ('asset_materialized', 'asset_observed')";

/** Materializations and observations after a number, in order; if there are more than `MAX_UPDATES`, older ones are summarized. */
export function assetUpdates(db: Database, asset: string, after: number): UpdateRow[] {
  const newest = db.sql
    .exec<UpdateRow>(
      `SELECT ${UPDATE} ${OF_UPDATE} WHERE asset_event.asset = ? AND asset_event.gseq > ? AND ${IS_UPDATE} ORDER BY asset_event.gseq DESC LIMIT ?`,
      asset,
      after,
      MAX_UPDATES,
    )
    .toArray();
  return withOlder(newest, (before) =>
    db.sql
      .exec<UpdateRow>(
        `SELECT ${UPDATE} ${OF_UPDATE} WHERE asset_event.asset = ?1 AND asset_event.gseq IN (
         SELECT max(gseq) FROM asset_event WHERE asset = ?1 AND gseq > ?2 AND gseq < ?3 AND ${IS_UPDATE} GROUP BY partition, type, changed
       ) ORDER BY asset_event.gseq`,
        asset,
        after,
        before,
      )
      .toArray(),
  );
}

/** Returns the updates in order. `newest` is sorted newest first; if it has `MAX_UPDATES` rows, `olderThan` supplies the summary of the rest. */
function withOlder(newest: readonly UpdateRow[], olderThan: (gseq: number) => readonly UpdateRow[]): UpdateRow[] {
  const last = newest.at(-1);
  const older = last && newest.length >= MAX_UPDATES ? olderThan(last.gseq) : [];
  return [...older, ...newest.toReversed()];
}

export function assetUpdateAt(db: Database, asset: string, gseq: number): UpdateRow | null {
  return (
    db.sql
      .exec<UpdateRow>(`SELECT ${UPDATE} ${OF_UPDATE} WHERE asset_event.asset = ? AND asset_event.gseq = ?`, asset, gseq)
      .toArray()[0] ?? null
  );
}

/** The newest observation with a changed data version. */
export function lastChangedObservation(db: Database, asset: string): UpdateRow | null {
  return (
    db.sql
      .exec<UpdateRow>(
        `SELECT ${UPDATE} ${OF_UPDATE}
         WHERE asset_event.asset = ? AND asset_event.type = 'asset_observed' AND asset_event.changed = 1 ORDER BY asset_event.gseq DESC LIMIT 1`,
        asset,
      )
      .toArray()[0] ?? null
  );
}

const CHECK_UPDATE = `SELECT ${UPDATE} FROM check_event CROSS JOIN asset_event ON asset_event.asset = check_event.asset AND asset_event.gseq = check_event.gseq
  CROSS JOIN event ON event.gseq = check_event.gseq LEFT JOIN event AS start ON start.gseq = asset_event.started_seq WHERE check_event.asset = ?1 AND check_event.name = ?2`;

/** Check results after a number, in order; if there are more than `MAX_UPDATES`, only the latest of each partition among the older ones. */
export function checkUpdates(db: Database, check: { readonly asset: string; readonly name: string }, after: number): UpdateRow[] {
  const newest = db.sql
    .exec<UpdateRow>(
      `${CHECK_UPDATE} AND check_event.gseq > ?3 ORDER BY check_event.gseq DESC LIMIT ?4`,
      check.asset,
      check.name,
      after,
      MAX_UPDATES,
    )
    .toArray();
  return withOlder(newest, (before) =>
    db.sql
      .exec<UpdateRow>(
        `${CHECK_UPDATE} AND check_event.gseq IN (
         SELECT max(old.gseq) FROM check_event AS old CROSS JOIN asset_event AS of ON of.asset = old.asset AND of.gseq = old.gseq
         WHERE old.asset = ?1 AND old.name = ?2 AND old.gseq > ?3 AND old.gseq < ?4 GROUP BY of.partition
       ) ORDER BY check_event.gseq`,
        check.asset,
        check.name,
        after,
        before,
      )
      .toArray(),
  );
}

export function lastCheckUpdate(db: Database, check: { readonly asset: string; readonly name: string }): UpdateRow | null {
  return db.sql.exec<UpdateRow>(`${CHECK_UPDATE} ORDER BY check_event.gseq DESC LIMIT 1`, check.asset, check.name).toArray()[0] ?? null;
}

/** The latest result; null if there is none. */
export function checkPassed(db: Database, check: { readonly asset: string; readonly name: string }): boolean | null {
  const row = db.sql
    .exec<{ passed: number }>("SELECT passed FROM check_state WHERE asset = ? AND name = ?", check.asset, check.name)
    .toArray()[0];
  return row ? row.passed === 1 : null;
}

/** Partitions of the unfinished steps that will materialize the asset; null for a step without a partition. */
export function openPartitionsOf(db: Database, asset: string): (string | null)[] {
  return db.sql
    .exec<{ partition: string | null }>(
      `SELECT step.partition AS partition FROM step_asset CROSS JOIN step ON step.run_no = step_asset.run_no AND step.position = step_asset.step
       WHERE step_asset.asset = ? AND step_asset.open = 1`,
      asset,
    )
    .toArray()
    .map((row) => row.partition);
}

/** Check id -> partitions of the unfinished steps that will evaluate it. */
export function openChecks(db: Database): Map<string, (string | null)[]> {
  const rows = db.sql
    .exec<{ id: string; partition: string | null }>(
      `SELECT open.value AS id, step.partition AS partition FROM step INDEXED BY step_open_checks, json_each(step.checks) AS open
       WHERE step.checks <> '[]' AND step.status IN ('pending', 'up_for_retry', 'assigned', 'running') AND NOT EXISTS (
         SELECT 1 FROM check_event WHERE check_event.run_no = step.run_no AND check_event.step = step.key AND check_event.asset || ':' || check_event.name = open.value)`,
    )
    .toArray();
  const open = new Map<string, (string | null)[]>();
  for (const { id, partition } of rows) {
    const known = open.get(id);
    if (known) known.push(partition);
    else open.set(id, [partition]);
  }
  return open;
}

/** Numbers of backfills that have not ended. */
export function openBackfillNos(db: Database): number[] {
  return db.sql
    .exec<{ no: number }>("SELECT no FROM backfill INDEXED BY backfill_open WHERE status IN ('running', 'paused', 'canceling')")
    .toArray()
    .map((row) => row.no);
}

export function tagsOfRun(db: Database, runNo: number): Readonly<Record<string, string>> | null {
  const row = db.sql.exec<{ tags: string }>("SELECT tags FROM run WHERE no = ?", runNo).toArray()[0];
  return row ? (JSON.parse(row.tags) as Record<string, string>) : null;
}

const CHECKS_OF_RUN = "SELECT check_id.value AS id FROM step CROSS JOIN json_each(step.checks) AS check_id WHERE step.run_no = ?1";

/** The assets and checks in the plan of a run. */
export function targetsOfRun(db: Database, runNo: number): string[] {
  return db.sql
    .exec<{ id: string }>(`SELECT asset AS id FROM step_asset WHERE run_no = ?1 UNION ${CHECKS_OF_RUN}`, runNo)
    .toArray()
    .map(({ id }) => id);
}

export function runExecutes(db: Database, runNo: number, target: string): boolean {
  const found = parseCheckId(target)
    ? db.sql.exec(`${CHECKS_OF_RUN} AND check_id.value = ?2 LIMIT 1`, runNo, target)
    : db.sql.exec("SELECT 1 FROM step_asset WHERE asset = ?2 AND run_no = ?1 LIMIT 1", runNo, target);
  return found.toArray().length > 0;
}

// ------------------------------------------------------------------ definitions
export type ConditionDefinition = { key: string; condition: string; codeVersion: string | null; status: DefaultStatus | null };

/** Assets of a version that have a condition; the condition is JSON. */
export function conditionsOfVersion(db: Database, versionNo: number): ConditionDefinition[] {
  return db.sql
    .exec<ConditionDefinition>(
      `SELECT key, detail -> 'automation' AS condition, detail ->> 'codeVersion' AS codeVersion, detail ->> 'automationStatus' AS status
       FROM version_asset INDEXED BY version_asset_with_condition
       WHERE version_no = ? AND detail ->> 'automation' IS NOT NULL`,
      versionNo,
    )
    .toArray();
}
