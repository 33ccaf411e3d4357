/** Retries failed runs by policy: after a delay a new run is made that names the failed one as its parent. See `domain/run/run-retry.ts`. */
import type { RunRetryPolicy } from "@headgate/shared/manifest/automation.ts";
import { runRetryDelayMs, type RunRetrySpec } from "@headgate/shared/domain/run/run-retry.ts";
import type { RunRow } from "../runs/tables.ts";
import { readBackfill } from "../backfills/backfill-store.ts";
import { childrenOf } from "../runs/run-store.ts";
import { readSettings } from "../queue/settings-store.ts";
import { setTimer } from "../kernel/timer-store.ts";
import type { Tx } from "../kernel/tx.ts";
import { createRun } from "../runs/launch/create-run.ts";
import { givenTo, planAgain } from "../runs/launch/reexecute-run.ts";
import { openRunById, record, type RunSession, openRun } from "../runs/run-session.ts";
import { catalogOf } from "../catalog/catalog.ts";
import { retryDropped } from "../runs/execute/drop-retry.ts";
import type { FactOf } from "../facts.ts";

export function afterRunEnded(tx: Tx, facts: readonly FactOf<"run_ended">[]): void {
  for (const { run } of facts) {
    const session = openRun(tx, run);
    if (session) planRetry(tx, session);
  }
}

/** Sets `retryAt` of the run if it will be retried. */
function planRetry(tx: Tx, session: RunSession): void {
  const { row } = session;
  const policy = policyOf(tx, row);
  const { status, failure, retryCount } = row;
  const delay = runRetryDelayMs({ status, failure: failure?.kind ?? null, cancelRequested: row.cancelBy !== null, retryCount }, policy);
  if (delay === null || isBackfillOver(tx, row)) return;
  row.retryAt = tx.now + delay;
  session.changed = true;
  setTimer(tx.db, { kind: "run_retry", id: row.id, at: row.retryAt });
  tx.effects.push({ type: "timers_changed" });
  const when = delay === 0 ? "now" : `in ${delay / 1000} seconds`;
  note(tx, session, {
    level: "info",
    message: `The run will be retried ${when} by its policy (retry ${retryCount + 1} of ${policy.maxRetries}).`,
  });
}

/** Runs when the delay is over. */
export function fireRunRetry(tx: Tx, runId: string): void {
  const session = openRunById(tx, runId);
  if (!session || session.row.retryAt === null) return;
  session.row.retryAt = null;
  session.changed = true;
  const refused = makeAgain(tx, session);
  if (refused === null) return;
  note(tx, session, { level: "warn", message: `The run was not retried: ${refused}` });
  retryDropped(tx, session);
}

/** Returns null if the run was made, otherwise the reason why not. */
function makeAgain(tx: Tx, { row }: RunSession): string | null {
  const policy = policyOf(tx, row);
  if (row.retryCount >= policy.maxRetries) return "its policy changed meanwhile.";
  if (isBackfillOver(tx, row)) return "its backfill is over.";
  const [child] = childrenOf(tx.db, row.id);
  if (child) return `run ${child.id} already repeats it.`;
  const made = tx.savepoint(() => {
    const resolved = planAgain(tx, row, { mode: policy.strategy });
    if (!resolved.ok) return resolved;
    return createRun(tx, {
      resolved: resolved.value,
      trigger: { type: "retry", parent: row.id, attempt: row.retryCount + 1, of: policy.maxRetries },
      given: givenTo(row),
      parent: row.id,
      retryCount: row.retryCount + 1,
      source: row.source ?? undefined,
      chain: row.chain,
      ...(row.backfillNo !== null && row.backfillSlice !== null && { backfill: { no: row.backfillNo, slice: row.backfillSlice } }),
    });
  });
  if (!made.ok) return made.error.message;
  tx.fact({ type: "work_available" });
  return null;
}

/** The current policy of the job, or that of the deployment. */
function policyOf(tx: Tx, row: RunRow): RunRetrySpec {
  const job = catalogOf(tx).jobs.find((candidate) => candidate.name === row.job && candidate.location === row.jobLocation);
  const own: RunRetryPolicy | undefined = job?.runRetry;
  return own ?? readSettings(tx.db).runRetry;
}

function isBackfillOver(tx: Tx, row: RunRow): boolean {
  if (row.backfillNo === null) return false;
  const status = readBackfill(tx.db, row.backfillNo)?.status;
  return status !== "running" && status !== "paused";
}

function note(tx: Tx, session: RunSession, line: { readonly level: "info" | "warn"; readonly message: string }): void {
  record(tx, session, { event: { type: "engine", ...line } });
}
