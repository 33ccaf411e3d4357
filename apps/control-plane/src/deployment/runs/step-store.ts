/** Stores steps and their order, and answers the queue's queries about them. */
import { and, asc, eq, lt, sql } from "drizzle-orm";
import type { Plan } from "@headgate/shared/domain/run/plan-types.ts";
import { step, stepDep, type StepRow } from "./tables.ts";
import { type Database, execBatches, prepared } from "../kernel/database.ts";

export interface NewStep {
  readonly plan: Plan["steps"][number];
  readonly version: string;
  readonly subset: boolean;
}

/** Stores the whole plan of a run: the steps, their order and their assets. */
export function insertSteps(
  db: Database,
  input: { readonly runNo: number; readonly steps: readonly NewStep[]; readonly now: number },
): void {
  const positions = new Map(input.steps.map((entry, position) => [entry.plan.key, position]));
  const rows = input.steps.map(({ plan, version, subset }, position) => ({
    position,
    key: plan.key,
    location: plan.location,
    version,
    unit: plan.unit,
    kind: plan.kind,
    subset: subset ? 1 : 0,
    assets: plan.assets,
    checks: plan.checks,
    partition: plan.partition,
    retry: plan.retry,
    timeout: plan.timeoutSeconds,
    idle: plan.idleTimeoutSeconds ?? null,
    pool: plan.pool,
    deps: plan.deps.length,
  }));
  execBatches(
    db,
    `INSERT INTO step (run_no, position, key, location, version, unit, kind, subset, assets, checks, partition, retry, timeout_seconds, idle_timeout_seconds, pool, status, deps_left, attempt, lost, epoch, ready_at)
     SELECT ?2, value ->> 'position', value ->> 'key', value ->> 'location', value ->> 'version', value ->> 'unit', value ->> 'kind', value ->> 'subset', value -> 'assets', value -> 'checks',
       value ->> 'partition', value -> 'retry', value ->> 'timeout', value ->> 'idle', value ->> 'pool', 'pending', value ->> 'deps', 0, 0, 0, iif(value ->> 'deps' = 0, ?3, NULL)
     FROM json_each(?1)`,
    { rows, values: [input.runNo, input.now] },
  );
  execBatches(db, "INSERT INTO step_dep (run_no, before, after) SELECT ?2, value ->> 0, value ->> 1 FROM json_each(?1)", {
    rows: input.steps.flatMap(({ plan }, position) => plan.deps.map((dep) => [positions.get(dep) ?? -1, position])),
    values: [input.runNo],
  });
  execBatches(db, "INSERT INTO step_asset (run_no, step, asset, open) SELECT ?2, value ->> 0, value ->> 1, 1 FROM json_each(?1)", {
    rows: input.steps.flatMap(({ plan }, position) => plan.assets.map((asset) => [position, asset])),
    values: [input.runNo],
  });
}

export function stepsOfRun(db: Database, runNo: number): StepRow[] {
  return db.orm.select().from(step).where(eq(step.runNo, runNo)).orderBy(asc(step.position)).all();
}

export function depsOfRun(db: Database, runNo: number): { readonly before: number; readonly after: number }[] {
  return db.orm.select({ before: stepDep.before, after: stepDep.after }).from(stepDep).where(eq(stepDep.runNo, runNo)).all();
}

export function readStep(db: Database, runNo: number, key: string): StepRow | null {
  const query = prepared(db, "readStep", (orm) =>
    orm
      .select()
      .from(step)
      .where(and(eq(step.runNo, sql.placeholder("runNo")), eq(step.key, sql.placeholder("key"))))
      .prepare(),
  );
  return query.get({ runNo, key }) ?? null;
}

export function readStepAt(db: Database, runNo: number, position: number): StepRow | null {
  const query = prepared(db, "readStepAt", (orm) =>
    orm
      .select()
      .from(step)
      .where(and(eq(step.runNo, sql.placeholder("runNo")), eq(step.position, sql.placeholder("position"))))
      .prepare(),
  );
  return query.get({ runNo, position }) ?? null;
}

export function stepsAt(db: Database, runNo: number, positions: readonly number[]): StepRow[] {
  if (positions.length === 0) return [];
  const query = prepared(db, "stepsAt", (orm) =>
    orm
      .select()
      .from(step)
      .where(
        and(
          eq(step.runNo, sql.placeholder("runNo")),
          sql`${step.position} IN (SELECT value FROM json_each(${sql.placeholder("positions")}))`,
        ),
      )
      .prepare(),
  );
  return query.all({ runNo, positions: JSON.stringify(positions) });
}

/** Stores the columns that change while the step executes. */
export function updateStep(db: Database, row: StepRow): void {
  db.sql.exec(
    `UPDATE step SET status = ?, attempt = ?, lost = ?, epoch = ?, agent = ?, avoid = ?, ready_at = ?, assigned_at = ?, started_at = ?, started_seq = ?, ended_at = ?, retry_at = ?, failure = ?, launcher = ?, pod_waits = ?
     WHERE run_no = ? AND position = ?`,
    row.status,
    row.attempt,
    row.lost,
    row.epoch,
    row.agent,
    row.avoid,
    row.readyAt,
    row.assignedAt,
    row.startedAt,
    row.startedSeq,
    row.endedAt,
    row.retryAt,
    row.failure === null ? null : JSON.stringify(row.failure),
    row.launcher,
    row.podWaits === null ? null : JSON.stringify(row.podWaits),
    row.runNo,
    row.position,
  );
}

/** After a step succeeded, the steps after it wait for one step less. Returns the positions of steps that became ready. */
export function releaseAfter(db: Database, input: { readonly runNo: number; readonly position: number; readonly now: number }): number[] {
  return db.sql
    .exec<{ position: number; deps_left: number }>(
      `UPDATE step SET deps_left = deps_left - 1, ready_at = iif(deps_left = 1, ?3, ready_at)
       WHERE run_no = ?1 AND position IN (SELECT after FROM step_dep WHERE run_no = ?1 AND before = ?2) RETURNING position, deps_left`,
      input.runNo,
      input.position,
      input.now,
    )
    .toArray()
    .filter((row) => row.deps_left === 0)
    .map((row) => row.position);
}

/** Pending steps that depend on this one, directly or through others. */
export function pendingAfter(db: Database, runNo: number, position: number): StepRow[] {
  const positions = db.sql
    .exec<{ position: number }>(
      `WITH RECURSIVE later (position) AS (
         SELECT after FROM step_dep WHERE run_no = ?1 AND before = ?2
         UNION SELECT step_dep.after FROM later JOIN step_dep ON step_dep.run_no = ?1 AND step_dep.before = later.position
       )
       SELECT step.position FROM later JOIN step ON step.run_no = ?1 AND step.position = later.position WHERE step.status = 'pending' ORDER BY step.position`,
      runNo,
      position,
    )
    .toArray()
    .map((row) => row.position);
  return stepsAt(db, runNo, positions);
}

export interface ReadyQuery {
  readonly runNo: number;
  readonly fullPools: readonly string[];
  /** Versions of code locations that no agent with a free slot can load. */
  readonly notVersions: readonly string[];
  readonly limit: number;
}

/** Whether any step could start now, apart from limits. */
export function hasReadySteps(db: Database): boolean {
  return db.sql.exec("SELECT 1 FROM step WHERE status = 'pending' AND deps_left = 0 LIMIT 1").toArray().length > 0;
}

/** Ready steps of a run in plan order, without those that wait for a pool or another agent. */
export function readySteps(db: Database, input: ReadyQuery): StepRow[] {
  const positions = db.sql
    .exec<{ position: number }>(
      `SELECT position FROM step WHERE run_no = ?1 AND status = 'pending' AND deps_left = 0 AND (pool IS NULL OR pool NOT IN (SELECT value FROM json_each(?2)))
         AND version NOT IN (SELECT value FROM json_each(?3)) ORDER BY position LIMIT ?4`,
      input.runNo,
      JSON.stringify(input.fullPools),
      JSON.stringify(input.notVersions),
      input.limit,
    )
    .toArray()
    .map((row) => row.position);
  return stepsAt(db, input.runNo, positions).sort((a, b) => a.position - b.position);
}

export interface Lease {
  readonly runNo: number;
  readonly position: number;
  readonly key: string;
  readonly epoch: number;
  readonly agent: string;
  /** The agent that started the pod which holds the lease; null if the holder is no pod. */
  readonly launcher: string | null;
  readonly assignedAt: number;
}

export function leasesOf(db: Database, instance: string): Lease[] {
  return db.sql
    .exec<{ run_no: number; position: number; key: string; epoch: number; agent: string; launcher: string | null; assigned_at: number }>(
      "SELECT run_no, position, key, epoch, agent, launcher, assigned_at FROM step WHERE status IN ('assigned', 'running') AND agent = ? ORDER BY run_no, position",
      instance,
    )
    .toArray()
    .map((row) => ({
      runNo: row.run_no,
      position: row.position,
      key: row.key,
      epoch: row.epoch,
      agent: row.agent,
      launcher: row.launcher,
      assignedAt: row.assigned_at,
    }));
}

export interface PodLease extends Omit<Lease, "launcher" | "assignedAt"> {
  readonly run: string;
  readonly attempt: number;
}

/** The steps that this agent starts pods for, at most `limit`. `agent` is the agent itself until the pod has connected. */
export function podsOf(db: Database, launcher: string, limit: number): PodLease[] {
  return db.sql
    .exec<{ run: string; run_no: number; position: number; key: string; epoch: number; attempt: number; agent: string }>(
      `SELECT run.id AS run, step.run_no AS run_no, position, key, epoch, attempt, agent FROM step JOIN run ON run.no = step.run_no
       WHERE step.status IN ('assigned', 'running') AND launcher = ? ORDER BY step.run_no, position LIMIT ?`,
      launcher,
      limit,
    )
    .toArray()
    .map(({ run_no: runNo, ...row }) => ({ ...row, runNo }));
}

/** Steps that were assigned before a time and have not started. */
export function neverStarted(db: Database, assignedBefore: number): StepRow[] {
  return db.orm
    .select()
    .from(step)
    .where(and(sql`${step.status} IN ('assigned', 'running')`, eq(step.status, "assigned"), lt(step.assignedAt, assignedBefore)))
    .all();
}

/** Agent -> number of its slots that steps occupy. A step in a pod occupies a slot of the pod's launcher. */
export function leaseCounts(db: Database): Map<string, number> {
  const rows = db.sql.exec<{ agent: string; count: number }>(
    "SELECT coalesce(launcher, agent) AS agent, count(*) AS count FROM step WHERE status IN ('assigned', 'running') GROUP BY coalesce(launcher, agent)",
  );
  return new Map(rows.toArray().map((row) => [row.agent, row.count]));
}

/** Runs and the agents that execute their steps, the earliest assignment first. */
export function agentHolders(db: Database): { readonly run: string; readonly agent: string }[] {
  return db.sql
    .exec<{ run: string; agent: string }>(
      `SELECT run.id AS run, coalesce(step.launcher, step.agent) AS agent FROM step JOIN run ON run.no = step.run_no
       WHERE step.status IN ('assigned', 'running') AND step.agent IS NOT NULL GROUP BY run.id, coalesce(step.launcher, step.agent) ORDER BY min(step.assigned_at), run.id`,
    )
    .toArray();
}

/** Steps that hold a slot of a pool, the longest holder first. */
export function poolHolders(
  db: Database,
): { readonly run: string; readonly step: string; readonly pool: string; readonly since: number | null }[] {
  return db.sql
    .exec<{ run: string; step: string; pool: string; since: number | null }>(
      `SELECT run.id AS run, step.key AS step, step.pool AS pool, step.assigned_at AS since FROM step JOIN run ON run.no = step.run_no
       WHERE step.status IN ('assigned', 'running') AND step.pool IS NOT NULL ORDER BY step.assigned_at`,
    )
    .toArray();
}

/** The pools that the ready steps of a run need, at most 20; null stands for steps without a pool. */
export function poolsOfReady(db: Database, runNo: number): (string | null)[] {
  return db.sql
    .exec<{ pool: string | null }>(
      "SELECT DISTINCT pool FROM step WHERE run_no = ? AND status = 'pending' AND deps_left = 0 LIMIT 20",
      runNo,
    )
    .toArray()
    .map((row) => row.pool);
}

/** Pool -> number of ready steps that need a slot of it. */
export function waitingForPools(db: Database): Map<string, number> {
  const rows = db.sql.exec<{ pool: string; count: number }>(
    `SELECT step.pool AS pool, count(*) AS count FROM run CROSS JOIN step ON step.run_no = run.no
     WHERE run.status IN ('queued', 'starting', 'running') AND step.status = 'pending' AND step.deps_left = 0 AND step.pool IS NOT NULL GROUP BY step.pool`,
  );
  return new Map(rows.toArray().map((row) => [row.pool, row.count]));
}

/** The earliest assignment time of all steps that have not started. */
export function oldestUnstarted(db: Database): number | null {
  return db.sql
    .exec<{ at: number | null }>("SELECT min(assigned_at) AS at FROM step WHERE status IN ('assigned', 'running') AND status = 'assigned'")
    .one().at;
}

/** The keys of the steps that a step depends on directly. */
export function depsOf(db: Database, runNo: number, position: number): string[] {
  return db.sql
    .exec<{ key: string }>(
      "SELECT key FROM step WHERE run_no = ?1 AND position IN (SELECT before FROM step_dep WHERE run_no = ?1 AND after = ?2) ORDER BY position",
      runNo,
      position,
    )
    .toArray()
    .map((row) => row.key);
}
