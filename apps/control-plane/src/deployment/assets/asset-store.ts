/** Stores the latest state of assets and checks, and the index of events by asset. */
import type { Metadata } from "@headgate/shared/domain/metadata.ts";
import type { Database } from "../kernel/database.ts";

/** The number of the event that started the reporting step: the step could see everything before it. Null if no step reports. */
export type StepStart = number | null;

export interface Materialization {
  readonly asset: string;
  readonly gseq: number;
  readonly at: number;
  /** Null, like `step`, if it was reported from outside. */
  readonly run: string | null;
  readonly step: string | null;
  readonly partition: string | null;
  readonly durationMs: number | null;
  readonly rowCount: number | null;
  /** The code location version that made it; null if none did. */
  readonly version: string | null;
  readonly dataVersion: string | null;
  readonly started: StepStart;
}

/** Returns whether the data changed. */
export function saveMaterialization(db: Database, row: Materialization): boolean {
  // Without a data version the data counts as changed.
  const changed = row.dataVersion === null || row.dataVersion !== lastDataVersion(db, row);
  db.sql.exec(
    `INSERT INTO asset_state (asset, materialized_at, materialized_run, materialized_step, materialized_partition, materialized_seq, duration_ms, row_count, code_version, latest_seq, data_version, saw_seq)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8,
       (SELECT version_asset.detail ->> 'codeVersion' FROM version JOIN version_asset ON version_asset.version_no = version.no AND version_asset.key = ?1 WHERE version.id = ?9), ?6, ?10, ?11)
     ON CONFLICT (asset) DO UPDATE SET materialized_at = excluded.materialized_at, materialized_run = excluded.materialized_run, materialized_step = excluded.materialized_step,
       materialized_partition = excluded.materialized_partition, materialized_seq = excluded.materialized_seq, duration_ms = excluded.duration_ms, row_count = excluded.row_count,
       code_version = excluded.code_version, latest_seq = excluded.latest_seq, data_version = excluded.data_version, saw_seq = excluded.saw_seq,
       failed_at = NULL, failed_run = NULL, failed_step = NULL, failed_message = NULL, failed_partition = NULL, failures = 0, failing_since = NULL`,
    row.asset,
    row.at,
    row.run,
    row.step,
    row.partition,
    row.gseq,
    row.durationMs,
    row.rowCount,
    row.version,
    row.dataVersion,
    row.started ?? row.gseq,
  );
  if (changed) saveChange(db, row);
  indexAssetEvent(db, { ...row, type: "asset_materialized", changed });
  return changed;
}

/** A step sees what other steps made before it started; a report from outside sees everything before it. */
function saveChange(db: Database, row: Pick<Materialization, "asset" | "gseq" | "at" | "started">): void {
  db.sql.exec(
    "UPDATE asset_state SET changed_seq = ?2, changed_saw = ?3, changed_at = ?4 WHERE asset = ?1",
    row.asset,
    row.gseq,
    row.started ?? row.gseq,
    row.at,
  );
}

/** The previous data version of the asset or, if a partition is named, of that partition. */
function lastDataVersion(db: Database, of: { readonly asset: string; readonly partition: string | null }): string | null {
  const rows =
    of.partition === null
      ? db.sql.exec<{ version: string | null }>("SELECT data_version AS version FROM asset_state WHERE asset = ?", of.asset)
      : db.sql.exec<{ version: string | null }>(
          `SELECT data_version AS version FROM asset_event WHERE asset = ? AND partition = ? AND type IN ('asset_materialized', 'asset_observed') ORDER BY gseq DESC LIMIT 1`,
          of.asset,
          of.partition,
        );
  return rows.toArray()[0]?.version ?? null;
}

export interface AssetFailure {
  readonly asset: string;
  readonly gseq: number;
  readonly at: number;
  readonly run: string;
  readonly step: string;
  readonly partition: string | null;
  readonly message: string;
}

export function wasMaterialized(db: Database, asset: string): boolean {
  return db.sql.exec("SELECT 1 FROM asset_state WHERE asset = ? AND materialized_at IS NOT NULL", asset).toArray().length > 0;
}

export function saveAssetFailure(db: Database, row: AssetFailure): void {
  db.sql.exec(
    `INSERT INTO asset_state (asset, failed_at, failed_run, failed_step, failed_message, failed_partition, latest_seq, failures, failing_since)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 1, ?2)
     ON CONFLICT (asset) DO UPDATE SET failed_at = excluded.failed_at, failed_run = excluded.failed_run, failed_step = excluded.failed_step,
       failures = asset_state.failures + 1, failing_since = coalesce(asset_state.failing_since, excluded.failing_since),
       failed_message = excluded.failed_message, failed_partition = excluded.failed_partition, latest_seq = excluded.latest_seq`,
    row.asset,
    row.at,
    row.run,
    row.step,
    row.message.slice(0, 2000),
    row.partition,
    row.gseq,
  );
  indexAssetEvent(db, { asset: row.asset, gseq: row.gseq, type: "asset_failed", partition: row.partition });
}

export interface Observation {
  readonly asset: string;
  readonly gseq: number;
  readonly at: number;
  readonly partition: string | null;
  readonly dataVersion: string | null;
  readonly started: StepStart;
}

/** Returns whether the data version has changed. */
export function saveObservation(db: Database, row: Observation): boolean {
  const changed = row.dataVersion !== null && row.dataVersion !== lastDataVersion(db, row);
  db.sql.exec(
    `INSERT INTO asset_state (asset, latest_seq, data_version, observed_at, observed_seq) VALUES (?1, ?2, ?3, ?4, ?2)
     ON CONFLICT (asset) DO UPDATE SET latest_seq = excluded.latest_seq, data_version = coalesce(excluded.data_version, asset_state.data_version),
       observed_at = excluded.observed_at, observed_seq = excluded.observed_seq`,
    row.asset,
    row.gseq,
    row.dataVersion,
    row.at,
  );
  if (changed) saveChange(db, row);
  indexAssetEvent(db, { ...row, type: "asset_observed", changed });
  return changed;
}

export function indexFreshnessChange(db: Database, row: { readonly asset: string; readonly gseq: number }): void {
  indexAssetEvent(db, { ...row, type: "freshness_changed", partition: null });
}

interface IndexedEvent {
  readonly asset: string;
  readonly gseq: number;
  readonly type: string;
  readonly partition: string | null;
  readonly dataVersion?: string | null;
  readonly changed?: boolean;
  readonly started?: StepStart;
}

function indexAssetEvent(db: Database, row: IndexedEvent): void {
  db.sql.exec(
    "INSERT INTO asset_event (asset, gseq, type, partition, data_version, changed, started_seq) VALUES (?, ?, ?, ?, ?, ?, ?)",
    row.asset,
    row.gseq,
    row.type,
    row.partition,
    row.dataVersion ?? null,
    row.changed === undefined ? null : Number(row.changed),
    row.started ?? null,
  );
}

export interface CheckResult {
  readonly asset: string;
  readonly name: string;
  readonly gseq: number;
  readonly at: number;
  readonly run: string;
  readonly runNo: number;
  readonly step: string;
  readonly passed: boolean;
  readonly severity: "warn" | "error";
  readonly description: string | null;
  readonly partition: string | null;
  readonly started: StepStart;
}

/** A result reported from outside has run number 0 and an empty run and step. */
export function saveCheckResult(db: Database, row: CheckResult): void {
  const passed = row.passed ? 1 : 0;
  db.sql.exec(
    `INSERT INTO check_state (asset, name, gseq, at, run, passed, severity, description, failures, failing_since)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 1 - ?6, iif(?6 = 1, NULL, ?4))
     ON CONFLICT (asset, name) DO UPDATE SET failures = iif(excluded.passed = 1, 0, check_state.failures + 1),
       failing_since = iif(excluded.passed = 1, NULL, coalesce(check_state.failing_since, excluded.failing_since)), gseq = excluded.gseq, at = excluded.at, run = excluded.run, passed = excluded.passed, severity = excluded.severity, description = excluded.description`,
    row.asset,
    row.name,
    row.gseq,
    row.at,
    row.run,
    passed,
    row.severity,
    row.description?.slice(0, 2000) ?? null,
  );
  db.sql.exec(
    "INSERT INTO check_event (asset, name, gseq, run_no, step, passed, severity) VALUES (?, ?, ?, ?, ?, ?, ?)",
    row.asset,
    row.name,
    row.gseq,
    row.runNo,
    row.step,
    passed,
    row.severity,
  );
  db.sql.exec(
    "INSERT INTO asset_state (asset, latest_seq) VALUES (?, ?) ON CONFLICT (asset) DO UPDATE SET latest_seq = excluded.latest_seq",
    row.asset,
    row.gseq,
  );
  indexAssetEvent(db, { asset: row.asset, gseq: row.gseq, type: "check_evaluated", partition: row.partition, started: row.started });
}

export interface CheckOutcome {
  readonly asset: string;
  readonly name: string;
  readonly passed: boolean;
  readonly severity: "warn" | "error";
}

/** The latest result of each check in one step of a run. */
export function checkOutcomes(db: Database, runNo: number, step: string): CheckOutcome[] {
  return db.sql
    .exec<{ asset: string; name: string; passed: number; severity: string }>(
      "SELECT asset, name, passed, severity, max(gseq) FROM check_event WHERE run_no = ? AND step = ? GROUP BY asset, name",
      runNo,
      step,
    )
    .toArray()
    .map((row) => ({ asset: row.asset, name: row.name, passed: row.passed === 1, severity: row.severity === "warn" ? "warn" : "error" }));
}

/** The ids (`<asset>:<name>`) of the checks that passed in any step of a run. */
export function passedChecks(db: Database, runNo: number): Set<string> {
  const rows = db.sql.exec<{ id: string; passed: number }>(
    "SELECT asset || ':' || name AS id, passed, max(gseq) FROM check_event WHERE run_no = ? GROUP BY asset, name",
    runNo,
  );
  return new Set(
    rows
      .toArray()
      .filter((row) => row.passed === 1)
      .map((row) => row.id),
  );
}

/** The given checks that the version declares as blocking. */
export function blockingChecks(db: Database, version: string, ids: readonly string[]): Set<string> {
  const rows = db.sql.exec<{ id: string }>(
    `SELECT version_check.asset || ':' || version_check.name AS id FROM version JOIN version_check ON version_check.version_no = version.no
     WHERE version.id = ?1 AND version_check.body ->> 'blocking' AND version_check.asset || ':' || version_check.name IN (SELECT value FROM json_each(?2))`,
    version,
    JSON.stringify(ids),
  );
  return new Set(rows.toArray().map((row) => row.id));
}

/** Numbers that are plotted over time. */
interface Series {
  readonly asset: string;
  readonly gseq: number;
  readonly at: number;
  /** Empty if it was reported from outside. */
  readonly run: string;
  readonly partition: string | null;
}

/** Stores the numbers in metadata as points of a series, and the numbers of `also`. */
export function savePoints(
  db: Database,
  { asset, gseq, at, run, partition }: Series,
  values: { readonly metadata: Metadata; readonly prefix?: string; readonly also?: Readonly<Record<string, number>> },
): void {
  // A number in the metadata wins over ours of the same name.
  const points = new Map(Object.entries(values.also ?? {}));
  for (const [name, value] of Object.entries(values.metadata)) {
    const number = numberOf(value);
    if (number !== null && Number.isFinite(number)) points.set(`${values.prefix ?? ""}${name}`, number);
  }
  for (const [name, value] of points)
    db.sql.exec(
      "INSERT INTO series (asset, name, gseq, at, value, run, partition) VALUES (?, ?, ?, ?, ?, ?, ?)",
      asset,
      name,
      gseq,
      at,
      value,
      run,
      partition,
    );
}

export function numberOf(value: Metadata[string] | undefined): number | null {
  return value !== undefined && (value.type === "int" || value.type === "float") ? value.value : null;
}
