/** The end of a tick that was given to an agent: by its result, by its time limit, or because the agent vanished. */
import { LEASE_MS } from "@headgate/shared/protocol/constants.ts";
import { readAgent } from "../agents/agent-store.ts";
import { openTicksOfAgent, readTick, type TickRow } from "./tick-store.ts";
import { clearTimer, setTimer } from "../kernel/timer-store.ts";
import type { Turn } from "../kernel/tx.ts";
import { deliveriesHandled, deliveriesOf } from "../webhooks/settle-delivery.ts";
import { lastSign } from "../queue/dispatch.ts";
import { deadlineOf, MAX_TICK_ATTEMPTS, startWaiting } from "./evaluate-tick.ts";
import { planSensor, settleEvents } from "../sensors/sensor-ticks.ts";
import { endTick, storeTick, type TickEnd } from "./tick-rows.ts";

/** Ends it, and goes on with what waited for that. */
export function endEvaluation(turn: Turn, tick: TickRow, end: TickEnd): TickRow {
  const failed = end.state === "failed";
  const { note, done } = settleEvents(turn, tick, failed);
  const message = [end.message, note].filter((text) => typeof text === "string").join("\n");
  const ended = endTick(turn, tick, { ...end, message: message === "" ? null : message });
  deliveriesHandled(turn, {
    tick: ended.id,
    deliveries: deliveriesOf(done),
    runs: ended.runs,
    state: end.state,
    message: ended.message,
  });
  if (tick.kind === "sensor") planSensor(turn, ended, failed);
  startWaiting(turn);
  return ended;
}

/** Nobody has heard of the tick's agent, or it has not answered in time. */
export function tickTimedOut(turn: Turn, id: string): void {
  const tick = readTick(turn.db, id);
  if (tick?.state !== "open" || tick.startedAt === null) return;
  const agent = tick.agent === null ? null : readAgent(turn.db, tick.agent);
  const deadline = deadlineOf(turn, tick);
  if (!agent || agent.status === "disconnected" || turn.now - lastSign(turn, agent) > LEASE_MS) {
    // It may only be on its way back: that takes as long as a lease.
    const until = agent?.status === "disconnected" ? agent.lastSeenAt + LEASE_MS : turn.now;
    if (until > turn.now) setTimer(turn.db, { kind: "tick_timeout", id, at: until });
    else loseTick(turn, tick);
  } else if (turn.now >= deadline) endEvaluation(turn, tick, { state: "failed", message: "The agent did not answer in time." });
  else setTimer(turn.db, { kind: "tick_timeout", id, at: Math.min(deadline, turn.now + LEASE_MS) });
  turn.effects.push({ type: "timers_changed" });
}

/** Its checkpoints are stored; what came after them is evaluated again. */
function loseTick(turn: Turn, tick: TickRow): void {
  if (tick.attempt >= MAX_TICK_ATTEMPTS) {
    const message = `Given up after ${MAX_TICK_ATTEMPTS} attempts: each time the agent vanished before it answered.`;
    endEvaluation(turn, tick, { state: "failed", message });
    return;
  }
  clearTimer(turn.db, "tick_timeout", tick.id);
  storeTick(turn, { ...tick, attempt: tick.attempt + 1, startedAt: null, agent: null, parts: 0 });
  startWaiting(turn);
}

/** An agent that left for good gives everything back at once; of another one the tick waits for it to come back. */
export function agentLeftTicks(turn: Turn, instance: string, forGood: boolean): void {
  for (const tick of openTicksOfAgent(turn.db, instance)) {
    if (forGood) loseTick(turn, tick);
    else setTimer(turn.db, { kind: "tick_timeout", id: tick.id, at: turn.now + LEASE_MS });
    turn.effects.push({ type: "timers_changed" });
  }
}
