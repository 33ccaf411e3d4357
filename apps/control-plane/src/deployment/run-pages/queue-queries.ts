/** The queue page: queued runs in order, why they wait, and who holds the slots. */
import type { PoolView, QueueView } from "@headgate/shared/contract/runs/queue.ts";
import type { RunSummary } from "@headgate/shared/contract/runs/run-views.ts";
import { countedTag, limitCounters, type TagLimit } from "@headgate/shared/domain/queue/limits.ts";
import { ok, type Result } from "@headgate/shared/domain/errors.ts";
import { limitSettings } from "../queue/pool-limits.ts";
import { onlineAgents } from "../agents/agent-store.ts";
import { activeRuns, countQueuedRuns, type OpenRun, queuedRuns, readRunByNo } from "../runs/run-store.ts";
import { readSettings } from "../queue/settings-store.ts";
import { leaseCounts, poolHolders, waitingForPools } from "../runs/step-store.ts";
import { type Reader } from "../kernel/reader.ts";
import { runSummary } from "./run-views.ts";
import { catalogOf } from "../catalog/catalog.ts";
import { readWaitContext } from "../queue/waiting.ts";

const SHOWN_RUNS = 100;
/** The most queued runs read to count those that wait for a tag limit. */
const COUNTED_RUNS = 1000;
const SHOWN_HOLDERS = 50;
const SHOWN_TAGS = 200;

export function queueQuery(reader: Reader): Result<QueueView> {
  const { db } = reader;
  const active = activeRuns(db);
  const queued = queuedRuns(db, { after: null, limit: COUNTED_RUNS });
  return ok({
    settings: readSettings(db),
    activeRuns: active.length,
    queued: summaries(reader, queued.slice(0, SHOWN_RUNS)),
    queuedTotal: queued.length < COUNTED_RUNS ? queued.length : countQueuedRuns(db),
    pools: poolViews(reader),
    tags: tagViews(reader, active, queued),
    agents: agentCounts(reader),
  });
}

function summaries(reader: Reader, runs: readonly OpenRun[]): RunSummary[] {
  const context = readWaitContext(reader);
  return runs.flatMap(({ no }) => {
    const row = readRunByNo(reader.db, no);
    return row ? [runSummary(row, context)] : [];
  });
}

function poolViews(reader: Reader): PoolView[] {
  const { db } = reader;
  const { pools: code } = catalogOf(reader);
  const settings = readSettings(db);
  const holders = Map.groupBy(poolHolders(db), (holder) => holder.pool);
  const waiting = waitingForPools(db);
  const names = new Set([...code.keys(), ...Object.keys(settings.pools), ...holders.keys(), ...waiting.keys()]);
  return [...names].sort().map((name): PoolView => {
    const set = Object.hasOwn(settings.pools, name) ? settings.pools[name] : undefined;
    const limit = set ?? code.get(name) ?? settings.defaultPoolLimit;
    const held = holders.get(name) ?? [];
    const source = set !== undefined ? "settings" : code.has(name) ? "code" : "default";
    return {
      name,
      limit,
      source,
      used: held.length,
      holders: held.slice(0, SHOWN_HOLDERS).map(({ run, step, since }) => ({ run, step, since })),
      // Without a limit, steps do not wait for the pool.
      waiting: limit !== null && held.length >= limit ? (waiting.get(name) ?? 0) : 0,
    };
  });
}

function tagViews(reader: Reader, active: readonly OpenRun[], queued: readonly OpenRun[]): QueueView["tags"] {
  const limits = limitSettings(readSettings(reader.db), catalogOf(reader));
  const counters = limitCounters({ ...limits, maxConcurrentRuns: null });
  for (const run of active) counters.takeRun(run.tags, run.id);
  const blocked = new Map<string, number>();
  for (const run of queued) {
    const reason = counters.runBlockedBy(run.tags);
    if (reason?.type === "tag") blocked.set(reason.tag, (blocked.get(reason.tag) ?? 0) + 1);
  }
  return (limits.tagLimits ?? []).flatMap((limit) => valuesOf(limit, { active, queued, blocked })).slice(0, SHOWN_TAGS);
}

/** One entry for each tag that a limit counts. */
function valuesOf(
  limit: TagLimit,
  runs: { readonly active: readonly OpenRun[]; readonly queued: readonly OpenRun[]; readonly blocked: ReadonlyMap<string, number> },
): QueueView["tags"][number][] {
  const { active, queued, blocked } = runs;
  const used = Map.groupBy(active, (run) => countedTag(limit, run.tags));
  const tags = new Set([...used.keys(), ...queued.map((run) => countedTag(limit, run.tags))]);
  if (limit.perValue !== true) tags.add(limit.value === undefined ? limit.key : `${limit.key}=${limit.value}`);
  return [...tags]
    .filter((tag) => tag !== null)
    .sort()
    .map((tag) => ({ tag, used: used.get(tag)?.length ?? 0, limit: limit.limit, waiting: blocked.get(tag) ?? 0 }));
}

function agentCounts(reader: Reader): QueueView["agents"] {
  const counts = leaseCounts(reader.db);
  const connected = onlineAgents(reader.db).filter((agent) => agent.status === "connected");
  return {
    connected: connected.length,
    slots: connected.reduce((sum, agent) => sum + agent.slots, 0),
    busy: connected.reduce((sum, agent) => sum + (counts.get(agent.instance) ?? 0), 0),
  };
}
