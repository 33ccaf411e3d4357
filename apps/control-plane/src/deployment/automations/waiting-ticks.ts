/** Starts waiting ticks when an agent connects, a tick ends or the run that they wait for ends. */
import type { FactOf } from "../facts.ts";
import { onlineAgents } from "../agents/agent-store.ts";
import { catalogOf } from "../catalog/catalog.ts";
import type { Tx } from "../kernel/tx.ts";
import { openRun, type RunSession } from "../runs/run-session.ts";
import { definitionOf, isEnabled, scheduleOf } from "../ticks/automation-source.ts";
import { readAutomation, type Source } from "../ticks/automation-store.ts";
import { evaluateTick, MAX_EVALUATIONS } from "../ticks/evaluate-tick.ts";
import { endTick } from "../ticks/tick-rows.ts";
import { evaluationCounts, openTicksOf, readTickByNo, type TickRow, waitingTicks } from "../ticks/tick-store.ts";
import { startScheduleTick } from "../schedules/start-tick.ts";
import { sourceOfId } from "@headgate/shared/domain/automation-id.ts";

const WAITING_SLICE = 100;

export function afterAgentConnected(tx: Tx): void {
  startWaiting(tx);
}

export function afterRunEnded(tx: Tx, facts: readonly FactOf<"run_ended">[]): void {
  for (const { run } of facts) {
    const session = openRun(tx, run);
    if (session) startAfterRun(tx, session);
  }
}

/** Starts the schedule's ticks that waited for this run. */
function startAfterRun(tx: Tx, session: RunSession): void {
  if (session.row.source === null) return;
  const source = sourceOfId(session.row.source);
  if (source.kind !== "schedule") return;
  for (const tick of openTicksOf(tx.db, source)) if (tick.startedAt === null) startOne(tx, tick);
}

/** Starts waiting ticks, oldest first, as long as agents have free capacity. */
export function startWaiting(tx: Tx): void {
  let room = roomOf(tx);
  for (let after = 0; room > 0;) {
    // A few more, because some may wait for a run.
    const limit = Math.min(WAITING_SLICE, room + 10);
    const ticks = waitingTicks(tx.db, { after, limit });
    for (const tick of ticks) {
      after = tick.no;
      if (room > 0 && startOne(tx, tick).agent !== null) room--;
    }
    if (ticks.length < limit) return;
  }
}

/** How many more ticks the connected agents can evaluate. */
function roomOf(tx: Tx): number {
  const counts = evaluationCounts(tx.db);
  return onlineAgents(tx.db)
    .filter((agent) => agent.status === "connected")
    .reduce((room, agent) => room + Math.max(0, MAX_EVALUATIONS - (counts.get(agent.instance) ?? 0)), 0);
}

/** Ends the waiting ticks of a schedule or sensor that was turned off or removed. */
export function endWaiting(tx: Tx, source: Source): void {
  for (const tick of openTicksOf(tx.db, source)) if (tick.startedAt === null) startOne(tx, tick);
}

function startOne(tx: Tx, tick: TickRow): TickRow {
  const catalog = catalogOf(tx);
  const definition = definitionOf(catalog, tick);
  if (!definition) return endTick(tx, tick, { state: "skipped", message: `The ${tick.kind} was removed while the tick waited.` });
  if (!isEnabled(tx, definition, readAutomation(tx.db, tick)) && tick.cause !== "person")
    return endTick(tx, tick, { state: "skipped", message: `The ${tick.kind} was turned off while the tick waited.` });
  const schedule = tick.kind === "schedule" ? scheduleOf(catalog, tick) : null;
  return schedule ? startScheduleTick(tx, schedule, tick) : evaluateTick(tx, tick);
}

/** Does nothing if the tick has started meanwhile, because an agent connected or a run ended. */
export function startTaken(tx: Tx, id: string): void {
  const tick = readTickByNo(tx.db, Number(id));
  if (tick?.state === "open" && tick.agent === null) startOne(tx, tick);
}
