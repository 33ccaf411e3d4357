/** A run during a transaction: its row is read once, its events are numbered and collected, and both are written together at the end. */
import type { RunEvent } from "@headgate/shared/domain/run/event.ts";
import type { Failure } from "@headgate/shared/domain/run/failure.ts";
import { isTerminalRun, type StepStatus } from "@headgate/shared/domain/run/status.ts";
import { type RunTrigger, transitionRun } from "@headgate/shared/domain/run/transition.ts";
import type { RunRow, StepRow } from "./tables.ts";
import { readRun, readRunByNo, updateRun } from "./run-store.ts";
import { clearTimer } from "../kernel/timer-store.ts";
import { leaseCounts } from "./step-store.ts";
import { closeAssetsOfRun } from "./step-asset-store.ts";
import type { TxStateDefinition } from "../kernel/tx-state.ts";
import type { Tx } from "../kernel/tx.ts";
import { appendEvents, type EventLog, eventLog, type NewEvent } from "../kernel/events/event-store.ts";
import type { ReportedBy } from "../facts.ts";

type Writable<T> = { -readonly [K in keyof T]: T[K] };

export interface RunSession {
  readonly row: Writable<RunRow>;
  readonly events: NewEvent[];
  changed: boolean;
  /** Null until the first event of this transaction. */
  log: EventLog | null;
}

/** Runs of this transaction by number; they are written back at its end. */
const SESSIONS: TxStateDefinition<Map<number, RunSession>> = {
  make: () => new Map(),
  save(sessions) {
    const before = [...sessions].map(([no, session]) => ({
      no,
      session,
      row: { ...session.row },
      events: session.events.length,
      changed: session.changed,
      log: session.log,
    }));
    return () => {
      sessions.clear();
      for (const { no, session, row, events, changed, log } of before) {
        // The row object stays the same, because callers hold it.
        Object.assign(session.row, row);
        session.events.length = events;
        session.changed = changed;
        session.log = log;
        sessions.set(no, session);
      }
    };
  },
};

/** Runs that this transaction has read or made so far. */
export function openRuns(tx: Pick<Tx, "state">): ReadonlyMap<number, RunSession> {
  return tx.state(SESSIONS);
}

export function openRun(tx: Tx, no: number): RunSession | null {
  const known = tx.state(SESSIONS).get(no);
  if (known) return known;
  const row = readRunByNo(tx.db, no);
  return row ? startSession(tx, row) : null;
}

export function openRunById(tx: Tx, id: string): RunSession | null {
  for (const session of tx.state(SESSIONS).values()) if (session.row.id === id) return session;
  const row = readRun(tx.db, id);
  return row ? startSession(tx, row) : null;
}

export function startSession(tx: Tx, row: RunRow): RunSession {
  const session: RunSession = { row: { ...row }, events: [], changed: false, log: null };
  tx.state(SESSIONS).set(row.no, session);
  return session;
}

export interface EventPlace {
  readonly step: string | null;
  readonly attempt: number | null;
}
const OF_RUN: EventPlace = { step: null, attempt: null };

export function placeOf(step: StepRow): EventPlace {
  return { step: step.key, attempt: step.attempt };
}

/** The reporter of the results of a run's steps. */
export function reporterOf({ row }: Pick<RunSession, "row">): ReportedBy {
  return { run: row.id, chain: row.chain };
}

/** Appends one event and returns its deployment-wide number. It gets the control plane's time, because agents' clocks may be wrong. */
export function record(tx: Tx, session: RunSession, entry: { readonly event: RunEvent; readonly place?: EventPlace }): number {
  session.log ??= eventLog(tx);
  const gseq = session.log.next++;
  session.row.lastSeq += 1;
  session.changed = true;
  const { step, attempt } = entry.place ?? OF_RUN;
  session.events.push({ runNo: session.row.no, gseq, seq: session.row.lastSeq, at: session.log.at, step, attempt, event: entry.event });
  return gseq;
}

/** Appends events of one step, in order. Returns their deployment-wide numbers. */
export function recordAll(
  tx: Tx,
  session: RunSession,
  input: { readonly events: readonly RunEvent[]; readonly place: EventPlace },
): number[] {
  return input.events.map((event) => record(tx, session, { event, place: input.place }));
}

/** Changes the run's status if the transition table allows it. Returns whether it did. */
export function moveRun(tx: Tx, session: RunSession, trigger: RunTrigger): boolean {
  const next = transitionRun(session.row.status, trigger);
  if (!next.ok || next.status === session.row.status) return false;
  session.row.status = next.status;
  session.changed = true;
  if (next.status === "running" || next.status === "starting") session.row.startedAt ??= tx.now;
  if (isTerminalRun(next.status)) endRun(tx, session);
  return true;
}

function endRun(tx: Tx, session: RunSession): void {
  const { row } = session;
  row.endedAt = tx.now;
  for (const asset of closeAssetsOfRun(tx.db, row.no)) tx.fact({ type: "asset_changed", asset });
  clearTimer(tx.db, "run_timeout", row.id);
  clearTimer(tx.db, "cancel_grace", row.id);
  // No step is leased any more, so the leases need no more checks.
  if (leaseCounts(tx.db).size === 0) {
    clearTimer(tx.db, "lease_check", "");
    clearTimer(tx.db, "start_timeout", "");
  }
  tx.effects.push({ type: "timers_changed" });
  tx.fact({ type: "run_ended", run: row.no, status: row.status, source: row.source, backfill: row.backfillNo });
  switch (row.status) {
    case "succeeded":
      record(tx, session, { event: { type: "run_succeeded" } });
      break;
    case "failed":
      record(tx, session, {
        event: { type: "run_failed", failure: row.failure ?? { kind: "internal", message: "The run failed without a recorded reason." } },
      });
      break;
    case "canceled":
      record(tx, session, { event: { type: "run_canceled", by: row.cancelBy ?? "the agent" } });
      break;
    case "queued":
    case "starting":
    case "running":
    case "canceling":
      break;
  }
}

/** Keeps the first failure only, because later ones often follow from it. */
export function noteFailure(session: RunSession, failure: Failure, step: string | null): void {
  if (session.row.failure !== null) return;
  session.row.failure = failure;
  session.row.failedStep = step;
  session.row.error = firstSentence(failure.message);
  session.changed = true;
}

function firstSentence(message: string): string {
  const line = message.split("\n", 1)[0] ?? "";
  return line.length > 300 ? `${line.slice(0, 299)}…` : line;
}

const COUNTER = {
  pending: null,
  up_for_retry: null,
  assigned: "stepsRunning",
  running: "stepsRunning",
  succeeded: "stepsSucceeded",
  failed: "stepsFailed",
  skipped: "stepsSkipped",
  canceled: "stepsCanceled",
} as const satisfies Record<StepStatus, keyof RunRow | null>;

export function countStep(session: RunSession, from: StepStatus, to: StepStatus): void {
  const before = COUNTER[from];
  const after = COUNTER[to];
  if (before === after) return;
  if (before !== null) session.row[before] -= 1;
  if (after !== null) session.row[after] += 1;
  session.changed = true;
}

/** Writes all runs and events back. Runs last in the transaction. */
export function closeRuns(tx: Tx): void {
  const added: NewEvent[] = [];
  for (const { row, events, changed } of tx.state(SESSIONS).values()) {
    for (const event of events) added.push(event);
    if (events.length > 0) tx.fact({ type: "events_added", run: row.no });
    if (!changed) continue;
    updateRun(tx.db, row);
    tx.fact({ type: "run_changed", run: row.no });
  }
  appendEvents(tx.db, added);
}
