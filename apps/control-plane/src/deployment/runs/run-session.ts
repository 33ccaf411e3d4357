/** One run during a turn: its row is read once, its events are numbered and collected, and both are written together at the end. */
import type { RunEvent } from "@headgate/shared/domain/run/event.ts";
import type { Failure } from "@headgate/shared/domain/run/failure.ts";
import { isTerminalRun, type StepStatus } from "@headgate/shared/domain/run/status.ts";
import { type RunTrigger, transitionRun } from "@headgate/shared/domain/run/transition.ts";
import type { RunRow, StepRow } from "./tables.ts";
import { appendEvents, lastGlobalSeq, levelOf, type NewEvent } from "../kernel/event-store.ts";
import { readRun, readRunByNo, updateRun } from "./run-store.ts";
import { clearTimer } from "../kernel/timer-store.ts";
import { leaseCounts } from "./step-store.ts";
import { closeAssetsOfRun } from "./step-asset-store.ts";
import type { Turn } from "../kernel/tx.ts";
import { eventTime } from "../kernel/event-time.ts";

type Writable<T> = { -readonly [K in keyof T]: T[K] };

export interface RunSession {
  readonly row: Writable<RunRow>;
  readonly events: NewEvent[];
  changed: boolean;
}

export function openRun(turn: Turn, no: number): RunSession | null {
  const known = turn.runs.get(no);
  if (known) return known;
  const row = readRunByNo(turn.db, no);
  return row ? startSession(turn, row) : null;
}

export function openRunById(turn: Turn, id: string): RunSession | null {
  for (const session of turn.runs.values()) if (session.row.id === id) return session;
  const row = readRun(turn.db, id);
  return row ? startSession(turn, row) : null;
}

export function startSession(turn: Turn, row: RunRow): RunSession {
  const session: RunSession = { row: { ...row }, events: [], changed: false };
  turn.runs.set(row.no, session);
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

/** Appends one event and returns its deployment-wide number. The time is the control plane's: agents' clocks may be wrong. */
export function record(turn: Turn, session: RunSession, entry: { readonly event: RunEvent; readonly place?: EventPlace }): number {
  turn.sequence.next ??= lastGlobalSeq(turn.db) + 1;
  const gseq = turn.sequence.next++;
  session.row.lastSeq += 1;
  session.changed = true;
  const place = entry.place ?? OF_RUN;
  session.events.push({
    runNo: session.row.no,
    gseq,
    seq: session.row.lastSeq,
    at: eventTime(turn),
    step: place.step,
    attempt: place.attempt,
    type: entry.event.type,
    level: levelOf(entry.event),
    body: JSON.stringify(entry.event),
  });
  return gseq;
}

/** Moves the run's state if the table allows it; says whether it did. */
export function moveRun(turn: Turn, session: RunSession, trigger: RunTrigger): boolean {
  const next = transitionRun(session.row.status, trigger);
  if (!next.ok || next.status === session.row.status) return false;
  session.row.status = next.status;
  session.changed = true;
  if (next.status === "running" || next.status === "starting") session.row.startedAt ??= turn.now;
  if (isTerminalRun(next.status)) endRun(turn, session);
  return true;
}

function endRun(turn: Turn, session: RunSession): void {
  const { row } = session;
  row.endedAt = turn.now;
  for (const asset of closeAssetsOfRun(turn.db, row.no)) turn.effects.push({ type: "asset_changed", asset });
  clearTimer(turn.db, "run_timeout", row.id);
  clearTimer(turn.db, "cancel_grace", row.id);
  // Nothing is leased any more: no reason to wake up and look at leases.
  if (leaseCounts(turn.db).size === 0) {
    clearTimer(turn.db, "lease_check", "");
    clearTimer(turn.db, "start_timeout", "");
  }
  turn.effects.push({ type: "timers_changed" });
  turn.ended.push(session);
  switch (row.status) {
    case "succeeded":
      record(turn, session, { event: { type: "run_succeeded" } });
      break;
    case "failed":
      record(turn, session, {
        event: { type: "run_failed", failure: row.failure ?? { kind: "internal", message: "The run failed without a recorded reason." } },
      });
      break;
    case "canceled":
      record(turn, session, { event: { type: "run_canceled", by: row.cancelBy ?? "the agent" } });
      break;
    case "queued":
    case "starting":
    case "running":
    case "canceling":
      break;
  }
}

/** The first failure is the one that a person has to look at. */
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

/** Writes everything back; the last thing inside the transaction. */
export function closeRuns(turn: Turn): void {
  const added: NewEvent[] = [];
  for (const { row, events, changed } of turn.runs.values()) {
    for (const event of events) added.push(event);
    if (events.length > 0) turn.effects.push({ type: "events_added", run: row.no });
    if (!changed) continue;
    updateRun(turn.db, row);
    turn.effects.push({ type: "run_changed", run: row.no });
  }
  appendEvents(turn.db, added);
}
