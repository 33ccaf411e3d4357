/** Starts the ticks of schedules: stores them when they are due, then decides them or lets them wait for a run or an agent. */
import { assertNever } from "@headgate/shared/domain/assert.ts";
import { MAX_CATCH_UP } from "@headgate/shared/domain/cron/catch-up.ts";
import type { ManifestSchedule } from "@headgate/shared/manifest/schema.ts";
import type { Located } from "../catalog/catalog.ts";
import { setTimer } from "../kernel/timer-store.ts";
import type { Tx } from "../kernel/tx.ts";
import { jitterMs } from "../ticks/automation-source.ts";
import { evaluateTick } from "../ticks/evaluate-tick.ts";
import { overlapOf } from "../ticks/overlap.ts";
import { endTick, storeTick } from "../ticks/tick-rows.ts";
import { type TickRow, waitingBeyond } from "../ticks/tick-store.ts";
import { decideTick } from "./plain-ticks.ts";

const WAITING_SLICE = 100;
/** The tolerance of the policy `none`; the same as in the domain. */
const IN_TIME_MS = 60_000;
const GIVEN_UP = "No agent was connected in time, and the catch-up policy skips it.";

/**
 * Stores a due tick, and a timer that decides it. All due ticks are stored before the first is decided, so that none of a thousand
 * simultaneous ticks counts as late, although their runs are made one after the other.
 */
export function takeUp(tx: Tx, schedule: Located<ManifestSchedule>, tick: TickRow): void {
  const { no } = storeTick(tx, { ...tick, startedAt: schedule.evaluated ? null : tx.now });
  setTimer(tx.db, { kind: "tick", id: takenId(no), at: tick.scheduledFor });
}

/** Padded, because timers with the same time are sorted by id. */
function takenId(no: number): string {
  return String(no).padStart(15, "0");
}

/** Decides the tick, gives it to an agent, lets it wait, or ends it because it is too old. */
export function startScheduleTick(tx: Tx, schedule: Located<ManifestSchedule>, tick: TickRow): TickRow {
  const overlap = overlapOf(tx, schedule, tick);
  if (overlap.type === "skip") return endTick(tx, tick, { state: "skipped", message: overlap.reason });
  if (overlap.type === "wait")
    return tick.message === overlap.reason ? tick : storeTick(tx, { ...tick, startedAt: null, message: overlap.reason });
  if (!schedule.evaluated) return decideTick(tx, schedule, tick);
  if (isGivenUp(tx, schedule, tick)) return endTick(tx, tick, { state: "skipped", message: GIVEN_UP });
  const row = evaluateTick(tx, tick);
  if (row.startedAt === null) giveUpOldest(tx, schedule);
  return row;
}

/** Whether the tick is too old for the catch-up policy. A tick with a message waited for a run, so it was in time. */
function isGivenUp(tx: Tx, schedule: Located<ManifestSchedule>, tick: TickRow): boolean {
  if (tick.message !== null || tick.attempt > 1 || tick.cause === "person") return false;
  return tick.scheduledFor < wantedOf(schedule, tx.now - jitterMs(schedule)).notBefore;
}

/** Applies the catch-up policy to waiting ticks, too: if there are too many, the oldest are skipped. */
export function giveUpOldest(tx: Tx, schedule: Located<ManifestSchedule>): void {
  const source = { location: schedule.location, kind: "schedule", name: schedule.name } as const;
  for (const tick of waitingBeyond(tx.db, source, { ...wantedOf(schedule, tx.now - jitterMs(schedule)), limit: WAITING_SLICE }))
    endTick(tx, tick, { state: "skipped", message: GIVEN_UP });
}

function wantedOf(schedule: Located<ManifestSchedule>, now: number): { readonly keep: number; readonly notBefore: number } {
  const policy = schedule.catchUp ?? { type: "latest" };
  switch (policy.type) {
    case "none":
      return { keep: 1, notBefore: now - (policy.toleranceMs ?? IN_TIME_MS) };
    case "latest":
      return { keep: 1, notBefore: 0 };
    case "last":
      return { keep: policy.count, notBefore: 0 };
    case "within":
      return { keep: MAX_CATCH_UP, notBefore: now - policy.ms };
    default:
      return assertNever(policy);
  }
}
