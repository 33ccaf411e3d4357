/** Commands on a backfill: pause, resume, cancel and retry. Repeating a command changes nothing. */
import type { Actor } from "@headgate/shared/contract/access/actor.ts";
import { ok, refuse, type Result } from "@headgate/shared/domain/errors.ts";
import { difference, subsetOf, union } from "@headgate/shared/domain/partitions/subset.ts";
import { isTerminalRun } from "@headgate/shared/domain/run/status.ts";
import { type BackfillRow, readBackfill } from "./backfill-store.ts";
import type { Tx } from "../kernel/tx.ts";
import { cancelRun } from "../runs/execute/cancel-run.ts";
import { openRun } from "../runs/run-session.ts";
import { changeBackfill, type OpenBackfill, settleSlice } from "./advance-backfill.ts";
import { newestRun, settleEnded } from "./run-ended.ts";
import { backfillNo } from "@headgate/shared/domain/run/backfill-id.ts";
import { dropRunRetry } from "../runs/execute/drop-retry.ts";

export function findBackfill(tx: Pick<Tx, "db">, id: string): Result<BackfillRow> {
  const no = backfillNo(id);
  const row = no === null ? null : readBackfill(tx.db, no);
  return row
    ? ok(row)
    : refuse("not_found", `There is no backfill ${id} in this deployment. The page Backfills and "headgate backfill list" list them.`, {
        backfill: id,
      });
}

/** No new run starts; active runs continue. */
export function pauseBackfill(tx: Tx, id: string): Result<number> {
  const found = findBackfill(tx, id);
  if (!found.ok) return found;
  const { no, status } = found.value;
  if (status === "paused") return ok(no);
  if (status !== "running") return refuseEnded(found.value, "paused");
  changeBackfill(tx, no, (row) => {
    row.status = "paused";
  });
  return ok(no);
}

export function resumeBackfill(tx: Tx, id: string): Result<number> {
  const found = findBackfill(tx, id);
  if (!found.ok) return found;
  const { no, status } = found.value;
  if (status === "running") return ok(no);
  if (status !== "paused") return refuseEnded(found.value, "resumed");
  changeBackfill(tx, no, (row) => {
    row.status = "running";
    settleEnded(tx, row);
  });
  return ok(no);
}

/** No new run starts, and active runs are canceled. The backfill ends when all of them have stopped. */
export function cancelBackfill(tx: Tx, input: { readonly id: string; readonly actor: Actor }): Result<number> {
  const found = findBackfill(tx, input.id);
  if (!found.ok) return found;
  const { no, status } = found.value;
  if (status === "canceling" || status === "canceled") return ok(no);
  if (status !== "running" && status !== "paused") return refuseEnded(found.value, "canceled");
  changeBackfill(tx, no, (row) => {
    row.status = "canceling";
    const active = subsetOf(row.active.map(([slice]) => slice));
    const over = union(union(row.succeeded, row.failed), active);
    row.canceled = union(row.canceled, difference([0, row.runsTotal], over));
    for (const [slice, first] of row.active) stopSlice(tx, row, { slice, first, by: input.actor.name });
  });
  return ok(no);
}

function stopSlice(tx: Tx, row: OpenBackfill, at: { readonly slice: number; readonly first: number; readonly by: string }): void {
  const first = openRun(tx, at.first);
  const session = first && newestRun(tx, first);
  if (!session || (isTerminalRun(session.row.status) && session.row.retryAt === null)) {
    settleEnded(tx, row);
    return;
  }
  if (!isTerminalRun(session.row.status)) {
    cancelRun(tx, { run: session.row.id, by: at.by, reason: "its backfill was canceled" });
    return;
  }
  // The run failed and would have been retried.
  dropRunRetry(tx, session, at.by);
  settleSlice(row, { slice: at.slice, status: "failed", error: session.row.error });
}

/** Slices that failed, were canceled or were blocked wait again. */
export function retryBackfill(tx: Tx, id: string): Result<number> {
  const found = findBackfill(tx, id);
  if (!found.ok) return found;
  const { no, status, failed, canceled } = found.value;
  if (status === "canceling") return refuse("conflict", `Backfill ${id} is being canceled. Wait until its runs have stopped.`);
  if (failed.length === 0 && canceled.length === 0)
    return refuse("conflict", `Backfill ${id} has no failed or canceled run, so there is nothing to try again.`);
  changeBackfill(tx, no, (row) => {
    Object.assign(row, { failed: [], canceled: [], refused: [], error: null, endedAt: null } satisfies Partial<BackfillRow>);
    if (status !== "paused") row.status = "running";
  });
  return ok(no);
}

function refuseEnded(row: BackfillRow, what: string): Result<never> {
  return refuse("conflict", `Backfill ${row.id} is ${row.status}, so it cannot be ${what}.`, { backfill: row.id, status: row.status });
}
