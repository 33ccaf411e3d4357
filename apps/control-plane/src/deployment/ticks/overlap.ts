/** Applies the overlap policy: whether a tick starts, waits or is skipped while a run of an earlier tick is active. */
import { assertNever } from "@headgate/shared/domain/assert.ts";
import { isTerminalRun } from "@headgate/shared/domain/run/status.ts";
import { shortRunId } from "@headgate/shared/ids.ts";
import type { ManifestSchedule } from "@headgate/shared/manifest/schema.ts";
import type { Located } from "../catalog/catalog.ts";
import { openRunsOfSource } from "../runs/run-store.ts";
import { openTicksOf, type TickRow } from "./tick-store.ts";
import type { Tx } from "../kernel/tx.ts";
import { cancelRun } from "../runs/execute/cancel-run.ts";
import { openRun, type RunSession, openRuns } from "../runs/run-session.ts";
import { automationId } from "@headgate/shared/domain/automation-id.ts";

export type Overlap =
  | { readonly type: "start" }
  | { readonly type: "skip"; readonly reason: string }
  | { readonly type: "wait"; readonly reason: string };

const START: Overlap = { type: "start" };

/** Runs of the schedule that have not ended, including changes of this transaction. */
function openRunsOf(tx: Tx, source: string): RunSession[] {
  const made = [...openRuns(tx).values()].filter((session) => session.row.source === source).map((session) => session.row.no);
  const numbers = new Set([...openRunsOfSource(tx.db, source), ...made]);
  return [...numbers].flatMap((no) => openRun(tx, no) ?? []).filter((session) => !isTerminalRun(session.row.status));
}

export function overlapOf(tx: Tx, schedule: Located<ManifestSchedule>, tick: TickRow): Overlap {
  const policy = schedule.overlap ?? "allow";
  // A previous run is canceled only when a next one starts; see `makeWay`.
  if (policy === "allow" || policy === "cancel_previous") return START;
  const [run] = openRunsOf(tx, automationId(tick));
  // A tick without a function is open while it waits for a run, or until all due ticks are stored.
  const mayBeOpen = schedule.evaluated || policy === "queue";
  const others = mayBeOpen ? openTicksOf(tx.db, tick).filter((other) => other.id !== tick.id) : [];
  const evaluated = others.some((other) => other.agent !== null);
  if (!run && !evaluated) return START;
  const still = run ? `run …${shortRunId(run.row.id)} of an earlier tick has not ended` : "an earlier tick is still being evaluated";
  switch (policy) {
    case "skip":
      return { type: "skip", reason: `Not started: ${still}.` };
    case "queue":
      // The tick that already waits starts next.
      return others.some((other) => other.agent === null && (tick.no === 0 || other.no < tick.no))
        ? { type: "skip", reason: `Not started: ${still}, and one tick waits for it already.` }
        : { type: "wait", reason: `Waits: ${still}.` };
    default:
      return assertNever(policy);
  }
}

/** Call before a schedule makes new runs: cancels the runs of earlier ticks if the policy says so. */
export function makeWay(tx: Tx, schedule: Located<ManifestSchedule>): void {
  if (schedule.overlap !== "cancel_previous") return;
  const source = automationId({ location: schedule.location, kind: "schedule", name: schedule.name });
  for (const { row } of openRunsOf(tx, source))
    if (row.status !== "canceling") cancelRun(tx, { run: row.id, by: `schedule ${schedule.name}`, reason: "its next tick came" });
}
