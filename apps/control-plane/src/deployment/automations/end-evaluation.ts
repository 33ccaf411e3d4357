/** Ends a tick that was given to an agent: with its result, at its time limit, or because the agent vanished. */
import { LEASE_MS } from "@headgate/shared/protocol/constants.ts";
import { readAgent } from "../agents/agent-store.ts";
import { openTicksOfAgent, readTick, type TickRow } from "../ticks/tick-store.ts";
import { clearTimer, setTimer } from "../kernel/timer-store.ts";
import type { Tx } from "../kernel/tx.ts";
import { deadlineOf, MAX_TICK_ATTEMPTS } from "../ticks/evaluate-tick.ts";
import { planSensor, settleEvents } from "../sensors/sensor-ticks.ts";
import { endTick, storeTick, type TickEnd } from "../ticks/tick-rows.ts";
import { isSilent } from "../agents/liveness.ts";
import { deliveriesOf } from "../ticks/deliveries-of.ts";
import { startWaiting } from "./waiting-ticks.ts";
import type { FactOf } from "../facts.ts";

/** Ends the tick and starts the ticks that waited for it. */
export function endEvaluation(tx: Tx, tick: TickRow, end: TickEnd): TickRow {
  const failed = end.state === "failed";
  const { note, done } = settleEvents(tx, tick, failed);
  const message = [end.message, note].filter((text) => typeof text === "string").join("\n");
  const ended = endTick(tx, tick, { ...end, message: message === "" ? null : message });
  tx.fact({
    type: "deliveries_handled",
    tick: ended.id,
    deliveries: deliveriesOf(done),
    runs: ended.runs,
    state: end.state,
    message: ended.message,
  });
  if (tick.kind === "sensor") planSensor(tx, ended, failed);
  startWaiting(tx);
  return ended;
}

/** Runs when the tick's agent may have vanished or has not answered in time. */
export function tickTimedOut(tx: Tx, id: string): void {
  const tick = readTick(tx.db, id);
  if (tick?.state !== "open" || tick.startedAt === null) return;
  const agent = tick.agent === null ? null : readAgent(tx.db, tick.agent);
  const deadline = deadlineOf(tx, tick);
  if (!agent || agent.status === "disconnected" || isSilent(tx, agent)) {
    // The agent has the time of a lease to reconnect.
    const until = agent?.status === "disconnected" ? agent.lastSeenAt + LEASE_MS : tx.now;
    if (until > tx.now) setTimer(tx.db, { kind: "tick_timeout", id, at: until });
    else loseTick(tx, tick);
  } else if (tx.now >= deadline) endEvaluation(tx, tick, { state: "failed", message: "The agent did not answer in time." });
  else setTimer(tx.db, { kind: "tick_timeout", id, at: Math.min(deadline, tx.now + LEASE_MS) });
  tx.effects.push({ type: "timers_changed" });
}

/** Evaluates the tick again from its last stored checkpoint. */
function loseTick(tx: Tx, tick: TickRow): void {
  if (tick.attempt >= MAX_TICK_ATTEMPTS) {
    const message = `Given up after ${MAX_TICK_ATTEMPTS} attempts: each time the agent vanished before it answered.`;
    endEvaluation(tx, tick, { state: "failed", message });
    return;
  }
  clearTimer(tx.db, "tick_timeout", tick.id);
  storeTick(tx, { ...tick, attempt: tick.attempt + 1, startedAt: null, agent: null, parts: 0 });
  startWaiting(tx);
}

/** A drained agent loses its ticks at once; a tick of any other agent waits for it to reconnect. */
export function afterAgentLeft(tx: Tx, facts: readonly FactOf<"agent_left">[]): void {
  for (const { instance, drained } of facts) {
    for (const tick of openTicksOfAgent(tx.db, instance)) {
      if (drained) loseTick(tx, tick);
      else setTimer(tx.db, { kind: "tick_timeout", id: tick.id, at: tx.now + LEASE_MS });
      tx.effects.push({ type: "timers_changed" });
    }
  }
}
