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
import type { Turn } from "../kernel/tx.ts";
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
function openSeats(turn: Turn): Seat[] {
  const counts = leaseCounts(turn.db);
  const seats: Seat[] = [];
  for (const agent of onlineAgents(turn.db)) {
    if (agent.status !== "connected" || agent.socket === null) continue;
    if (turn.now - lastSign(turn, agent) > LEASE_MS) continue;
    seats.push({ agent, socket: agent.socket, busy: counts.get(agent.instance) ?? 0 });
  }
  return seats;
}

export function lastSign(turn: Turn, agent: AgentRow): number {
  return Math.max(agent.lastSeenAt, (agent.socket === null ? null : turn.lastPing(agent.socket)) ?? 0);
}

/** Repeated while something was assigned: only as many steps are gathered as there are free slots, and a full pool may have held some back. */
export function dispatch(turn: Turn): void {
  const seats = openSeats(turn);
  for (;;) {
    const free = seats.reduce((sum, seat) => sum + Math.max(0, seat.agent.slots - seat.busy), 0);
    if (free === 0 || !assignSome(turn, seats)) return;
  }
}

/** Says whether another round may assign more. */
function assignSome(turn: Turn, seats: readonly Seat[]): boolean {
  const limits = limitSettings(readSettings(turn.db), turn.catalog());
  const holding = poolHolders(turn.db);
  const agents = withAway(turn.db, { agents: seats.map((seat) => queueAgent(seat.agent, seat.busy)), now: turn.now });
  const { runs, steps } = gatherReady(turn, { agents, limits, fullPools: fullPools(limits, holding) });
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
    const session = row && openRun(turn, row.runNo);
    if (row && seat && session) assign(turn, session, { step: row, seat });
  }
  return assignments.length > 0 && waiting.length > 0;
}

function assign(turn: Turn, session: RunSession, { step, seat }: { readonly step: StepRow; readonly seat: Seat }): void {
  if (moveRun(turn, session, "start")) {
    record(turn, session, { event: { type: "run_starting" } });
    if (session.row.timeoutSeconds !== null)
      setTimer(turn.db, { kind: "run_timeout", id: session.row.id, at: turn.now + session.row.timeoutSeconds * 1000 });
  }
  const set = {
    agent: seat.agent.instance,
    epoch: step.epoch + 1,
    attempt: step.attempt + 1,
    assignedAt: turn.now,
    startedAt: null,
    endedAt: null,
    failure: null,
  };
  const row = moveStep(turn, session, { step, trigger: "assign", set });
  if (!row) return;
  seat.busy++;
  insertAttempt(turn.db, { runNo: row.runNo, position: row.position, attempt: row.attempt, token: seat.agent.token });
  record(turn, session, {
    event: { type: "step_assigned", agent: seat.agent.hostname, epoch: row.epoch, attempt: row.attempt },
    place: placeOf(row),
  });
  ensureTimer(turn.db, { kind: "lease_check", id: "", at: turn.now + LEASE_CHECK_MS });
  ensureTimer(turn.db, { kind: "start_timeout", id: "", at: turn.now + readSettings(turn.db).startTimeoutSeconds * 1000 });
  if (row.timeoutSeconds !== null)
    setTimer(turn.db, { kind: "step_timeout", id: timerIdOf(row), at: turn.now + row.timeoutSeconds * 1000 + STEP_TIMEOUT_SLACK_MS });
  turn.effects.push(
    { type: "timers_changed" },
    { type: "send", socket: seat.socket, frame: jobFrame(turn, session.row, row) },
    { type: "agent_changed", instance: seat.agent.instance },
  );
  for (const asset of row.assets) turn.effects.push({ type: "asset_changed", asset });
}
