/** Assigns ready steps to agents: collects the steps that could start, lets the queue decide, and applies the decision. */
import { pickSteps, type ReadyStep } from "@headgate/shared/domain/queue/pick.ts";
import { LEASE_CHECK_MS } from "@headgate/shared/protocol/constants.ts";
import { fullPools, limitSettings } from "./pool-limits.ts";
import { queueAgent, versionedLocation, withAway } from "./queue-agent.ts";
import type { StepRow } from "../runs/tables.ts";
import { insertAttempt } from "../runs/attempt-store.ts";
import { readSettings } from "./settings-store.ts";
import { hasReadySteps, leaseCounts, poolHolders } from "../runs/step-store.ts";
import { ensureTimer, setTimer } from "../kernel/timer-store.ts";
import type { Tx } from "../kernel/tx.ts";
import { gatherReady } from "./collect-ready.ts";
import { jobFrame } from "../runs/execute/job-frame.ts";
import { moveRun, openRun, placeOf, record, type RunSession } from "../runs/run-session.ts";
import { moveStep } from "../runs/execute/step-moves.ts";
import { startTimeLimit } from "../runs/execute/time-limit.ts";
import { catalogOf } from "../catalog/catalog.ts";
import { type AvailableAgent, availableAgents } from "../agents/liveness.ts";

interface Candidate extends AvailableAgent {
  busy: number;
}

function candidatesOf(tx: Tx): Candidate[] {
  const counts = leaseCounts(tx.db);
  return availableAgents(tx).map((available) => ({ ...available, busy: counts.get(available.agent.instance) ?? 0 }));
}

/** Repeats while steps are assigned: each round collects only as many steps as there are free slots, and a full pool may block some of them. */
export function dispatch(tx: Tx): void {
  if (!hasReadySteps(tx.db)) return;
  const candidates = candidatesOf(tx);
  for (;;) {
    const free = candidates.reduce((sum, { agent, busy }) => sum + Math.max(0, agent.slots - busy), 0);
    if (free === 0 || !assignSome(tx, candidates)) return;
  }
}

/** Returns whether another round may assign more steps. */
function assignSome(tx: Tx, candidates: readonly Candidate[]): boolean {
  const limits = limitSettings(readSettings(tx.db), catalogOf(tx));
  const holding = poolHolders(tx.db);
  const agents = withAway(tx.db, { agents: candidates.map(({ agent, busy }) => queueAgent(agent, busy)), now: tx.now });
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
  const candidateOf = new Map(candidates.map((candidate) => [candidate.agent.instance, candidate]));
  for (const { run, step, agent } of assignments) {
    const row = stepOf.get(`${run}/${step}`);
    const candidate = candidateOf.get(agent);
    const session = row && openRun(tx, row.runNo);
    if (row && candidate && session) assign(tx, session, { step: row, candidate });
  }
  return assignments.length > 0 && waiting.length > 0;
}

function assign(tx: Tx, session: RunSession, { step, candidate }: { readonly step: StepRow; readonly candidate: Candidate }): void {
  if (moveRun(tx, session, "start")) {
    record(tx, session, { event: { type: "run_starting" } });
    if (session.row.timeoutSeconds !== null)
      setTimer(tx.db, { kind: "run_timeout", id: session.row.id, at: tx.now + session.row.timeoutSeconds * 1000 });
  }
  const set = {
    agent: candidate.agent.instance,
    epoch: step.epoch + 1,
    attempt: step.attempt + 1,
    assignedAt: tx.now,
    startedAt: null,
    endedAt: null,
    failure: null,
    launcher: null,
    podWaits: null,
  };
  const row = moveStep(tx, session, { step, trigger: "assign", set });
  if (!row) return;
  candidate.busy++;
  insertAttempt(tx.db, { runNo: row.runNo, position: row.position, attempt: row.attempt, token: candidate.agent.token });
  record(tx, session, {
    event: { type: "step_assigned", agent: candidate.agent.hostname, epoch: row.epoch, attempt: row.attempt },
    place: placeOf(row),
  });
  ensureTimer(tx.db, { kind: "lease_check", id: "", at: tx.now + LEASE_CHECK_MS });
  ensureTimer(tx.db, { kind: "start_timeout", id: "", at: tx.now + readSettings(tx.db).startTimeoutSeconds * 1000 });
  startTimeLimit(tx, row);
  tx.effects.push({ type: "timers_changed" }, { type: "send", socket: candidate.socket, frame: jobFrame(tx, session.row, row) });
  tx.fact({ type: "agent_changed", instance: candidate.agent.instance });
  for (const asset of row.assets) tx.fact({ type: "asset_changed", asset });
}
