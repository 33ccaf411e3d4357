/** Gives ready steps to agents: gathers what could start, lets the queue decide, and carries its decision out. */
import { pickSteps, type ReadyStep } from "@headgate/shared/domain/queue/pick.ts";
import { LEASE_CHECK_MS, LEASE_MS } from "@headgate/shared/protocol/constants.ts";
import { fullPools, limitSettings } from "./pool-limits.ts";
import { queueAgent, versionedLocation, withAway } from "./queue-agent.ts";
import type { AgentRow } from "../agents/tables.ts";
import type { StepRow } from "../runs/tables.ts";
import { onlineAgents } from "../agents/agent-store.ts";
import { insertAttempt } from "../runs/attempt-store.ts";
import { readSettings } from "./settings-store.ts";
import { leaseCounts, poolHolders } from "../runs/step-store.ts";
import { ensureTimer, setTimer } from "../kernel/timer-store.ts";
import type { Tx } from "../kernel/tx.ts";
import { gatherReady } from "./collect-ready.ts";
import { jobFrame } from "../runs/execute/job-frame.ts";
import { moveRun, openRun, placeOf, record, type RunSession } from "../runs/run-session.ts";
import { moveStep, timerIdOf } from "../runs/execute/step-moves.ts";

/** The agent enforces a step's time limit itself; the control plane steps in only when that did not happen. */
const STEP_TIMEOUT_SLACK_MS = 30_000;

interface Seat {
  readonly agent: AgentRow;
  readonly socket: string;
  busy: number;
}

/** Agents that take work: connected, not draining, and heard of lately, for a half-open connection looks alive. */
function openSeats(tx: Tx): Seat[] {
  const counts = leaseCounts(tx.db);
  const seats: Seat[] = [];
  for (const agent of onlineAgents(tx.db)) {
    if (agent.status !== "connected" || agent.socket === null) continue;
    if (tx.now - lastSign(tx, agent) > LEASE_MS) continue;
    seats.push({ agent, socket: agent.socket, busy: counts.get(agent.instance) ?? 0 });
  }
  return seats;
}

export function lastSign(tx: Tx, agent: AgentRow): number {
  return Math.max(agent.lastSeenAt, (agent.socket === null ? null : tx.lastPing(agent.socket)) ?? 0);
}

/** Repeated while something was assigned: only as many steps are gathered as there are free slots, and a full pool may have held some back. */
export function dispatch(tx: Tx): void {
  const seats = openSeats(tx);
  for (;;) {
    const free = seats.reduce((sum, seat) => sum + Math.max(0, seat.agent.slots - seat.busy), 0);
    if (free === 0 || !assignSome(tx, seats)) return;
  }
}

/** Says whether another round may assign more. */
function assignSome(tx: Tx, seats: readonly Seat[]): boolean {
  const limits = limitSettings(readSettings(tx.db), tx.catalog());
  const holding = poolHolders(tx.db);
  const agents = withAway(tx.db, { agents: seats.map((seat) => queueAgent(seat.agent, seat.busy)), now: tx.now });
  const { runs, steps } = gatherReady(tx, { agents, limits, fullPools: fullPools(limits, holding) });
  if (steps.length === 0) return false;
  const { assignments, waiting } = pickSteps({
    runs,
    ready: steps.map((step): ReadyStep => ({
      run: String(step.runNo),
      step: step.key,
      pool: step.pool,
      location: versionedLocation(step),
      avoid: step.avoid,
    })),
    holding,
    agents,
    limits,
  });
  const stepOf = new Map(steps.map((step) => [`${step.runNo}/${step.key}`, step]));
  const seatOf = new Map(seats.map((seat) => [seat.agent.instance, seat]));
  for (const { run, step, agent } of assignments) {
    const row = stepOf.get(`${run}/${step}`);
    const seat = seatOf.get(agent);
    const session = row && openRun(tx, row.runNo);
    if (row && seat && session) assign(tx, session, { step: row, seat });
  }
  return assignments.length > 0 && waiting.length > 0;
}

function assign(tx: Tx, session: RunSession, { step, seat }: { readonly step: StepRow; readonly seat: Seat }): void {
  if (moveRun(tx, session, "start")) {
    record(tx, session, { event: { type: "run_starting" } });
    if (session.row.timeoutSeconds !== null)
      setTimer(tx.db, { kind: "run_timeout", id: session.row.id, at: tx.now + session.row.timeoutSeconds * 1000 });
  }
  const set = {
    agent: seat.agent.instance,
    epoch: step.epoch + 1,
    attempt: step.attempt + 1,
    assignedAt: tx.now,
    startedAt: null,
    endedAt: null,
    failure: null,
  };
  const row = moveStep(tx, session, { step, trigger: "assign", set });
  if (!row) return;
  seat.busy++;
  insertAttempt(tx.db, { runNo: row.runNo, position: row.position, attempt: row.attempt, token: seat.agent.token });
  record(tx, session, {
    event: { type: "step_assigned", agent: seat.agent.hostname, epoch: row.epoch, attempt: row.attempt },
    place: placeOf(row),
  });
  ensureTimer(tx.db, { kind: "lease_check", id: "", at: tx.now + LEASE_CHECK_MS });
  ensureTimer(tx.db, { kind: "start_timeout", id: "", at: tx.now + readSettings(tx.db).startTimeoutSeconds * 1000 });
  if (row.timeoutSeconds !== null)
    setTimer(tx.db, { kind: "step_timeout", id: timerIdOf(row), at: tx.now + row.timeoutSeconds * 1000 + STEP_TIMEOUT_SLACK_MS });
  tx.effects.push(
    { type: "timers_changed" },
    { type: "send", socket: seat.socket, frame: jobFrame(tx, session.row, row) },
    { type: "agent_changed", instance: seat.agent.instance },
  );
  for (const asset of row.assets) tx.effects.push({ type: "asset_changed", asset });
}
