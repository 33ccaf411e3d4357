/**
 * Collects the ready steps that could start now: as many as there are free slots, from the most urgent runs. A run that waits for a limit and
 * a step that waits for a pool or an agent do not block the runs and steps behind them.
 */
import { DEFAULT_QUEUE, type QueueAgent, queueOf } from "@headgate/shared/domain/queue/agents.ts";
import { limitCounters, type LimitSettings } from "@headgate/shared/domain/queue/limits.ts";
import type { QueueRun } from "@headgate/shared/domain/queue/pick.ts";
import { isActiveRun } from "@headgate/shared/domain/run/status.ts";
import type { StepRow } from "../runs/tables.ts";
import { activeRuns, type OpenRun, queuedRuns } from "../runs/run-store.ts";
import { readySteps } from "../runs/step-store.ts";
import type { Tx } from "../kernel/tx.ts";
import { openRuns } from "../runs/run-session.ts";

const PAGE = 200;

export interface Gathered {
  /** All active runs, and the queued runs whose steps were collected. */
  readonly runs: readonly QueueRun[];
  readonly steps: readonly StepRow[];
}

export function gatherReady(
  tx: Tx,
  input: { readonly agents: readonly QueueAgent[]; readonly limits: LimitSettings; readonly fullPools: readonly string[] },
): Gathered {
  const queues = queueRooms(input.agents);
  const counters = limitCounters(input.limits);
  const active = activeNow(tx);
  for (const run of active) counters.takeRun(run.tags, run.id);
  const runs = active.map((run) => queueRun(run, true));
  const steps: StepRow[] = [];
  // The queue is not read while no further run may start.
  let mayStart = counters.runBlockedBy({})?.type !== "max_runs";
  for (const run of inOrder(
    active,
    queuedNow(tx, () => mayStart),
  )) {
    const started = isActiveRun(run.status);
    const queue = queues.get(queueOf(run.tags));
    if (!queue || queue.free <= 0 || run.status === "canceling") continue;
    const blocked = started ? null : counters.runBlockedBy(run.tags);
    if (blocked?.type === "max_runs") mayStart = false;
    if (blocked) continue;
    const ready = readySteps(tx.db, {
      runNo: run.no,
      fullPools: input.fullPools,
      notVersions: queue.notVersions,
      limit: queue.free,
    });
    if (ready.length === 0) continue;
    steps.push(...ready);
    queue.free -= ready.length;
    if (!started) {
      counters.takeRun(run.tags, run.id);
      runs.push(queueRun(run, false));
    }
    if ([...queues.values()].every((room) => room.free <= 0)) break;
  }
  return { runs, steps };
}

function queueRun(run: OpenRun, active: boolean): QueueRun {
  return { id: String(run.no), priority: run.priority, queuedAt: run.no, active, tags: run.tags };
}

interface Room {
  free: number;
  readonly notVersions: readonly string[];
}

function queueRooms(agents: readonly QueueAgent[]): Map<string, Room> {
  const rooms = new Map<string, Room>();
  for (const [queue, members] of Map.groupBy(agents, (agent) => agent.queue ?? DEFAULT_QUEUE)) {
    const open = members.filter((agent) => agent.slots > agent.busy);
    const failed = new Set(members.flatMap((agent) => agent.failed ?? []));
    const hasFailed = (agent: QueueAgent, location: string) => agent.failed?.includes(location) === true;
    const busyElsewhere = [...failed].filter(
      (location) => open.every((agent) => hasFailed(agent, location)) && !members.every((agent) => hasFailed(agent, location)),
    );
    rooms.set(queue, {
      free: open.reduce((sum, agent) => sum + agent.slots - agent.busy, 0),
      notVersions: busyElsewhere.map((location) => location.slice(location.indexOf("@") + 1)),
    });
  }
  return rooms;
}

/** Active runs including changes of this transaction, which are not in the tables yet. */
function activeNow(tx: Tx): OpenRun[] {
  const stored = new Map(activeRuns(tx.db).map((run) => [run.no, run]));
  for (const { row } of openRuns(tx).values()) {
    if (isActiveRun(row.status)) stored.set(row.no, row);
    else stored.delete(row.no);
  }
  return [...stored.values()].sort(byUrgency);
}

function* queuedNow(tx: Tx, wanted: () => boolean): Generator<OpenRun> {
  let after: OpenRun | null = null;
  while (wanted()) {
    const page: OpenRun[] = queuedRuns(tx.db, { after, limit: PAGE });
    for (const run of page) if (wanted() && (openRuns(tx).get(run.no)?.row.status ?? run.status) === "queued") yield run;
    after = page.at(-1) ?? null;
    if (page.length < PAGE) return;
  }
}

function* inOrder(active: readonly OpenRun[], queued: Iterable<OpenRun>): Generator<OpenRun> {
  let next = 0;
  for (const run of queued) {
    for (let started = active[next]; started && byUrgency(started, run) < 0; started = active[++next]) yield started;
    yield run;
  }
  yield* active.slice(next);
}

function byUrgency(a: OpenRun, b: OpenRun): number {
  return b.priority - a.priority || a.no - b.no;
}
