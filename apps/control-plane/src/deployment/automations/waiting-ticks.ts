/** Ticks that wait for an agent or a run start when an agent connects, an evaluation ends or the run ends. */
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

/** An agent may evaluate what has waited for one. */
export function afterAgentConnected(tx: Tx): void {
  startWaiting(tx);
}

export function afterRunEnded(tx: Tx, facts: readonly FactOf<"run_ended">[]): void {
  for (const { run } of facts) {
    const session = openRun(tx, run);
    if (session) startAfterRun(tx, session);
  }
}

/** A run of a schedule ended: its tick that waited for that starts. */
function startAfterRun(tx: Tx, session: RunSession): void {
  if (session.row.source === null) return;
  const source = sourceOfId(session.row.source);
  if (source.kind !== "schedule") return;
  for (const tick of openTicksOf(tx.db, source)) if (tick.startedAt === null) startOne(tx, tick);
}

/** Looks at ticks that wait, oldest first, as long as agents have room for more. */
export function startWaiting(tx: Tx): void {
  let room = roomOf(tx);
  for (let after = 0; room > 0;) {
    // Some of them may wait for a run.
    const limit = Math.min(WAITING_SLICE, room + 10);
    const ticks = waitingTicks(tx.db, { after, limit });
    for (const tick of ticks) {
      after = tick.no;
      if (room > 0 && startOne(tx, tick).agent !== null) room--;
    }
    if (ticks.length < limit) return;
  }
}

/** How many more evaluations may be given out. */
function roomOf(tx: Tx): number {
  const counts = evaluationCounts(tx.db);
  return onlineAgents(tx.db)
    .filter((agent) => agent.status === "connected")
    .reduce((room, agent) => room + Math.max(0, MAX_EVALUATIONS - (counts.get(agent.instance) ?? 0)), 0);
}

/** Ticks of a schedule or sensor that was turned off or removed do not start any more. */
export function endWaiting(tx: Tx, source: Source): void {
  for (const tick of openTicksOf(tx.db, source)) if (tick.startedAt === null) startOne(tx, tick);
}

function startOne(tx: Tx, tick: TickRow): TickRow {
  const catalog = catalogOf(tx);
  const definition = definitionOf(catalog, tick);
  if (!definition) return endTick(tx, tick, { state: "skipped", message: `The ${tick.kind} was removed while the tick waited.` });
  if (!isEnabled(definition, readAutomation(tx.db, tick)) && tick.cause !== "person")
    return endTick(tx, tick, { state: "skipped", message: `The ${tick.kind} was turned off while the tick waited.` });
  const schedule = tick.kind === "schedule" ? scheduleOf(catalog, tick) : null;
  return schedule ? startScheduleTick(tx, schedule, tick) : evaluateTick(tx, tick);
}

/** Unless it was decided meanwhile: an agent that connects, or a run that ends, starts what waits too. */
export function startTaken(tx: Tx, id: string): void {
  const tick = readTickByNo(tx.db, Number(id));
  if (tick?.state === "open" && tick.agent === null) startOne(tx, tick);
}
