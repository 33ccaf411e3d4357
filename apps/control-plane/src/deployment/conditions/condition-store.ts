/** Stores the changes that conditions still have to evaluate, the state of each condition, and its past evaluations. */
import type { ConditionEvaluation } from "@headgate/shared/contract/automations/conditions.ts";
import type { CauseChain } from "@headgate/shared/domain/automation/cause-chain.ts";
import type { TargetState } from "@headgate/shared/domain/automation/state.ts";
import type { EvaluationNode } from "@headgate/shared/domain/automation/tree.ts";
import { type Database, execBatches } from "../kernel/database.ts";
import { readTree, writeTree } from "./evaluation-tree.ts";

// ------------------------------------------------------------------ changes
export interface ConditionChange {
  readonly target: string;
  readonly cause: string;
  /** The sensors that led to the change. */
  readonly chain: CauseChain | null;
}

/** The length of a stored chain in SQL, computed as the domain does. */
const lengthOf = (chain: string) =>
  `coalesce((SELECT sum(value) FROM json_each(${chain}, '$.times')), json_array_length(${chain}, '$.passed'))`;

/** One row per target: keeps the first cause and the longest chain (the newest if equal). */
export function insertChanges(db: Database, changes: readonly ConditionChange[], now: number): void {
  execBatches(
    db,
    `INSERT INTO condition_change (target, cause, at, chain) SELECT value ->> 0, value ->> 1, ?2, value ->> 2 FROM json_each(?1) WHERE true
     ON CONFLICT (target) DO UPDATE SET chain = excluded.chain
       WHERE ${lengthOf("excluded.chain")} >= coalesce(${lengthOf("condition_change.chain")}, -1)`,
    { rows: changes.map(({ target, cause, chain }) => [target, cause, chain]), values: [now] },
  );
}

/** Reads and deletes all waiting changes. */
export function takeChanges(db: Database): ConditionChange[] {
  const rows = db.sql
    .exec<{ target: string; cause: string; chain: string | null }>("SELECT target, cause, chain FROM condition_change ORDER BY at, target")
    .toArray();
  if (rows.length > 0) db.sql.exec("DELETE FROM condition_change");
  return rows.map((row) => ({ ...row, chain: row.chain === null ? null : (JSON.parse(row.chain) as CauseChain) }));
}

export function hasChanges(db: Database): boolean {
  return db.sql.exec("SELECT 1 FROM condition_change LIMIT 1").toArray().length > 0;
}

// ------------------------------------------------------------------ states
export function readConditionState(db: Database, target: string): TargetState | null {
  const row = db.sql.exec<{ state: string }>("SELECT state FROM condition_state WHERE target = ?", target).toArray()[0];
  return row ? (JSON.parse(row.state) as TargetState) : null;
}

export function readConditionStates(db: Database, targets: readonly string[]): Map<string, TargetState> {
  const rows = db.sql
    .exec<{ target: string; state: string }>(
      "SELECT target, state FROM condition_state WHERE target IN (SELECT value FROM json_each(?))",
      JSON.stringify(targets),
    )
    .toArray();
  return new Map(rows.map((row) => [row.target, JSON.parse(row.state) as TargetState]));
}

export interface SavedState {
  readonly target: string;
  readonly state: TargetState;
  readonly wakeAt: number | null;
  readonly requestedAt: number | null;
  readonly definition: string;
}

export function saveConditionStates(db: Database, rows: readonly SavedState[]): void {
  execBatches(
    db,
    `INSERT INTO condition_state (target, state, wake_at, requested_at, definition)
     SELECT value ->> 0, value -> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(?1) WHERE true
     ON CONFLICT (target) DO UPDATE SET state = excluded.state, wake_at = excluded.wake_at,
       requested_at = coalesce(excluded.requested_at, condition_state.requested_at), definition = excluded.definition`,
    { rows: rows.map((row) => [row.target, row.state, row.wakeAt, row.requestedAt, row.definition]) },
  );
}

/** The condition is evaluated again at `wakeAt`, or earlier if something changes. */
export function saveWakeAt(db: Database, target: string, wakeAt: number | null): void {
  db.sql.exec("UPDATE condition_state SET wake_at = ?1 WHERE target = ?2 AND wake_at IS NOT ?1", wakeAt, target);
}

export function dueStates(db: Database, now: number, limit: number): string[] {
  return db.sql
    .exec<{ target: string }>("SELECT target FROM condition_state WHERE wake_at <= ? ORDER BY wake_at LIMIT ?", now, limit)
    .toArray()
    .map((row) => row.target);
}

export function nextWakeAt(db: Database): number | null {
  return db.sql.exec<{ at: number | null }>("SELECT min(wake_at) AS at FROM condition_state WHERE wake_at IS NOT NULL").one().at;
}

/** Target -> the definition that its state belongs to. */
export function stateDefinitions(db: Database): Map<string, string> {
  const rows = db.sql.exec<{ target: string; definition: string }>("SELECT target, definition FROM condition_state").toArray();
  return new Map(rows.map((row) => [row.target, row.definition]));
}

export function deleteConditionStates(db: Database, targets: readonly string[]): void {
  execBatches(db, "DELETE FROM condition_state WHERE target IN (SELECT value FROM json_each(?1))", { rows: targets });
}

export interface StateTimes {
  readonly requestedAt: number | null;
  readonly state: TargetState;
}

export function stateTimes(db: Database, targets: readonly string[]): Map<string, StateTimes> {
  const rows = db.sql
    .exec<{ target: string; state: string; requested_at: number | null }>(
      "SELECT target, state, requested_at FROM condition_state WHERE target IN (SELECT value FROM json_each(?))",
      JSON.stringify(targets),
    )
    .toArray();
  return new Map(rows.map((row) => [row.target, { requestedAt: row.requested_at, state: JSON.parse(row.state) as TargetState }]));
}

// ------------------------------------------------------------------ evaluations
export interface NewEvaluation extends ConditionEvaluation {
  readonly tree: EvaluationNode | null;
}

/** The number of evaluations kept per target. */
const KEPT_PER_TARGET = 200;
/** The most evaluations deleted at once, so that a long history shrinks slowly. */
const PRUNED_AT_ONCE = 50;
/** The number of evaluations kept of all targets together; the oldest are deleted. */
const KEPT_OF_ALL = 200_000;

export function insertEvaluation(db: Database, row: NewEvaluation): void {
  db.sql.exec(
    "INSERT INTO condition_evaluation (id, target, at, requested, partitions, runs, backfill, cause, error, tree) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    row.id,
    row.target,
    row.at,
    row.requested,
    row.partitions === null ? null : JSON.stringify(row.partitions),
    JSON.stringify(row.runs),
    row.backfill,
    row.cause,
    row.error,
    row.tree === null ? null : writeTree(row.tree),
  );
  db.sql.exec(
    `DELETE FROM condition_evaluation WHERE no IN (
       SELECT no FROM condition_evaluation WHERE target = ?1 ORDER BY no DESC LIMIT ${PRUNED_AT_ONCE} OFFSET ${KEPT_PER_TARGET})`,
    row.target,
  );
  db.sql.exec(`DELETE FROM condition_evaluation WHERE no <= (SELECT max(no) FROM condition_evaluation) - ${KEPT_OF_ALL}`);
}

type Row = {
  no: number;
  id: string;
  target: string;
  at: number;
  requested: number;
  partitions: string | null;
  runs: string;
  backfill: string | null;
  cause: string;
  error: string | null;
};
const COLUMNS = "no, id, target, at, requested, partitions, runs, backfill, cause, error";

export interface StoredEvaluation extends ConditionEvaluation {
  readonly no: number;
}

function stored({ partitions, runs, ...row }: Row): StoredEvaluation {
  return {
    ...row,
    partitions: partitions === null ? null : (JSON.parse(partitions) as string[]),
    runs: JSON.parse(runs) as string[],
  };
}

/** Newest first. */
export function listEvaluations(
  db: Database,
  query: {
    readonly target: string | undefined;
    readonly requestedOnly: boolean;
    readonly before: number | null;
    readonly limit: number;
  },
): StoredEvaluation[] {
  const where = ["no < ?"];
  const values: SqlStorageValue[] = [query.before ?? Number.MAX_SAFE_INTEGER];
  if (query.target !== undefined) {
    where.push("target = ?");
    values.push(query.target);
  }
  if (query.requestedOnly) where.push("requested > 0");
  // One target has few rows; for all targets, the evaluations with requests have their own index.
  return db.sql
    .exec<Row>(`SELECT ${COLUMNS} FROM condition_evaluation WHERE ${where.join(" AND ")} ORDER BY no DESC LIMIT ?`, ...values, query.limit)
    .toArray()
    .map(stored);
}

export function readEvaluation(db: Database, id: string): (StoredEvaluation & { readonly tree: EvaluationNode | null }) | null {
  const row = db.sql.exec<Row & { tree: string | null }>(`SELECT ${COLUMNS}, tree FROM condition_evaluation WHERE id = ?`, id).toArray()[0];
  if (!row) return null;
  const { tree, ...rest } = row;
  return { ...stored(rest), tree: tree === null ? null : readTree(tree) };
}

export function lastEvaluations(db: Database, targets: readonly string[]): Map<string, StoredEvaluation> {
  const rows = db.sql
    .exec<Row>(
      `SELECT ${COLUMNS} FROM condition_evaluation WHERE no IN (
         SELECT (SELECT max(own.no) FROM condition_evaluation AS own WHERE own.target = wanted.value) FROM json_each(?1) AS wanted)`,
      JSON.stringify(targets),
    )
    .toArray();
  return new Map(rows.map((row) => [row.target, stored(row)]));
}

/** Whether the target's last stored evaluation has the same tree and error. */
export function saysTheSame(
  db: Database,
  target: string,
  now: { readonly tree: EvaluationNode | null; readonly error: string | null },
): boolean {
  const last = lastSaid(db, target);
  return last !== null && last.error === now.error && last.tree === (now.tree === null ? null : writeTree(now.tree));
}

/** Tree and error of the last stored evaluation. */
export function lastSaid(db: Database, target: string): { readonly tree: string | null; readonly error: string | null } | null {
  return (
    db.sql
      .exec<{ tree: string | null; error: string | null }>(
        "SELECT tree, error FROM condition_evaluation WHERE target = ? ORDER BY no DESC LIMIT 1",
        target,
      )
      .toArray()[0] ?? null
  );
}

/** When a target last requested something, newest first. */
export function lastRequests(db: Database, target: string, limit: number): number[] {
  return db.sql
    .exec<{ at: number }>(
      "SELECT at FROM condition_evaluation INDEXED BY condition_evaluation_request_of WHERE target = ? AND requested > 0 ORDER BY no DESC LIMIT ?",
      target,
      limit,
    )
    .toArray()
    .map((row) => row.at);
}
