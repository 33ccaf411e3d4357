/** Runs when a schedule's timer is due: makes its due ticks and sets the next timer. */
import { dueTicks, nextTickOf } from "@headgate/shared/domain/cron/catch-up.ts";
import { tickAtOrBefore } from "@headgate/shared/domain/cron/next.ts";
import type { ManifestSchedule } from "@headgate/shared/manifest/schema.ts";
import { type Located, catalogOf } from "../catalog/catalog.ts";
import { readAutomation, saveNextAt, type Source } from "../ticks/automation-store.ts";
import { hasTickAt } from "../ticks/tick-store.ts";
import { setTimer, type Timer } from "../kernel/timer-store.ts";
import type { Tx } from "../kernel/tx.ts";
import { cronsOf, isEnabled, jitterMs, scheduleOf } from "../ticks/automation-source.ts";
import { endTick, newTick } from "../ticks/tick-rows.ts";
import { takeUp } from "./start-tick.ts";
import { sourceOfId } from "@headgate/shared/domain/automation-id.ts";

/** The most missed ticks made in one transaction; the next one continues at once. */
const MAX_TICKS_A_TURN = 50;
/** A tick that is handled this long after its time counts as missed. */
const MISSED_AFTER_MS = 60_000;

export function fireSchedule(tx: Tx, timer: Timer): void {
  const source = sourceOfId(timer.id);
  const schedule = scheduleOf(catalogOf(tx), source);
  const row = readAutomation(tx.db, source);
  const crons = schedule && cronsOf(schedule);
  if (!schedule || !crons || !row || row.nextAt === null || !isEnabled(tx, schedule, row)) return;
  const jitter = jitterMs(schedule);
  const now = tx.now - jitter;
  // The row records which ticks were made, so a clock that is set back repeats none and a clock that jumps ahead loses none.
  const due = dueTicks(crons, { after: row.nextAt - 1, now }, schedule.catchUp ?? { type: "latest" });
  const nextAt = due.ticks[MAX_TICKS_A_TURN] ?? nextTickOf(crons, Math.max(now, row.nextAt - 1));
  saveNextAt(tx.db, source, nextAt);
  if (nextAt !== null) setTimer(tx.db, { kind: "schedule", id: timer.id, at: nextAt + jitter });
  const last = due.ticks.at(-1);
  if (last === undefined && due.dropped > 0) noteDropped(tx, schedule, { now, dropped: due.dropped });
  for (const [index, scheduledFor] of due.ticks.slice(0, MAX_TICKS_A_TURN).entries()) {
    if (hasTickAt(tx.db, source, scheduledFor)) continue;
    const cause = scheduledFor === last && now - scheduledFor < MISSED_AFTER_MS ? "clock" : "catch_up";
    takeUp(tx, schedule, newTick(tx, { source, cause, scheduledFor, dropped: index === 0 ? due.dropped : 0 }));
  }
}

/** If the policy skips all missed ticks, one row records how many there were. */
function noteDropped(tx: Tx, schedule: Located<ManifestSchedule>, missed: { readonly now: number; readonly dropped: number }): void {
  const crons = cronsOf(schedule);
  const latest = crons?.crons
    .map((cron) => tickAtOrBefore({ cron, zone: crons.zone }, missed.now) ?? 0)
    .reduce((a, b) => Math.max(a, b), 0);
  const source: Source = { location: schedule.location, kind: "schedule", name: schedule.name };
  if (latest === undefined || hasTickAt(tx.db, source, latest)) return;
  const many = missed.dropped === 1 ? "One tick was" : `${missed.dropped} ticks were`;
  const tick = newTick(tx, { source, cause: "catch_up", scheduledFor: latest, dropped: missed.dropped });
  endTick(tx, tick, { state: "skipped", message: `${many} missed, and the catch-up policy skips missed ticks.` });
}
