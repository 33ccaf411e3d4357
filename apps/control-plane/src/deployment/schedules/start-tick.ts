/** Starts the ticks of schedules: records them when their time comes, decides them, or lets them wait for a run or an agent. */
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
/** For a policy that wants no missed ticks; the same as in the domain. */
const IN_TIME_MS = 60_000;
const GIVEN_UP = "No agent was connected in time, and the catch-up policy gives it up.";

/**
 * The time of a tick has come: it is written down, with all others that are due, before the first of them is decided. So of a thousand
 * that are due at once none is late, though their runs are made one after the other.
 */
export function takeUp(tx: Tx, schedule: Located<ManifestSchedule>, tick: TickRow): void {
  const { no } = storeTick(tx, { ...tick, startedAt: schedule.evaluated ? null : tx.now });
  setTimer(tx.db, { kind: "tick", id: takenId(no), at: tick.scheduledFor });
}

/** In the order of the numbers, because timers of one time go by their ids. */
function takenId(no: number): string {
  return String(no).padStart(15, "0");
}

/** Decides it, gives it to an agent, lets it wait, or ends it because its time has passed. */
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

/** Too old for its policy. One that waited for a run, and says so, was in time. */
function isGivenUp(tx: Tx, schedule: Located<ManifestSchedule>, tick: TickRow): boolean {
  if (tick.message !== null || tick.attempt > 1 || tick.cause === "person") return false;
  return tick.scheduledFor < wantedOf(schedule, tx.now - jitterMs(schedule)).notBefore;
}

/** The catch-up policy holds for ticks that wait as it does for times that nobody saw: of those too many the oldest end. */
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
