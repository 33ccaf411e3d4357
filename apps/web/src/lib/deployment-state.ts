/** What does the dashboard know of a deployment, and how does a live change alter it? Pure: each step returns a new state, so that a view can compare. */
import { assertNever } from "@headgate/shared/domain/assert.ts";
import type { Change } from "@headgate/shared/contract/live/messages.ts";
import type { AgentView } from "@headgate/shared/contract/catalog/agents.ts";
import type { AssetState } from "@headgate/shared/contract/assets/asset-views.ts";
import type { LocationView } from "@headgate/shared/contract/catalog/locations.ts";
import type { RunSummary } from "@headgate/shared/contract/runs/run-views.ts";
import { isTerminalRun } from "@headgate/shared/domain/run/status.ts";

export interface DeploymentState {
  /** Hash of the definitions document in force; null before the first answer. */
  readonly definitionsHash: string | null;
  readonly assets: ReadonlyMap<string, AssetState>;
  /** Runs that are under way, and recent ones. */
  readonly runs: ReadonlyMap<string, RunSummary>;
  readonly locations: ReadonlyMap<string, LocationView>;
  readonly agents: ReadonlyMap<string, AgentView>;
}

export const EMPTY_STATE: DeploymentState = {
  definitionsHash: null,
  assets: new Map(),
  runs: new Map(),
  locations: new Map(),
  agents: new Map(),
};

/** Finished runs beyond this many are forgotten, so that a tab left open for weeks does not grow. */
const MAX_FINISHED_RUNS = 300;

export interface Snapshot {
  readonly assets: readonly AssetState[];
  readonly runs: readonly RunSummary[];
  readonly locations: readonly LocationView[];
  readonly agents: readonly AgentView[];
}

export function stateFromSnapshot(snapshot: Snapshot, definitionsHash: string | null): DeploymentState {
  return {
    definitionsHash,
    assets: new Map(snapshot.assets.map((asset) => [asset.key, asset])),
    runs: new Map(snapshot.runs.map((run) => [run.id, run])),
    locations: new Map(snapshot.locations.map((location) => [location.name, location])),
    agents: new Map(snapshot.agents.map((agent) => [agent.instance, agent])),
  };
}

/** Copies only the maps that a change touches. */
export function applyChanges(state: DeploymentState, changes: readonly Change[]): DeploymentState {
  const next = { ...state };
  const assets = lazyCopy(state.assets);
  const runs = lazyCopy(state.runs);
  const locations = lazyCopy(state.locations);
  const agents = lazyCopy(state.agents);
  for (const change of changes) {
    switch (change.type) {
      case "asset":
        assets.writable().set(change.asset.key, change.asset);
        break;
      case "run":
        if (isNewer(change.run, runs.current().get(change.run.id))) runs.writable().set(change.run.id, change.run);
        break;
      case "location":
        locations.writable().set(change.location.name, change.location);
        break;
      case "agent":
        agents.writable().set(change.agent.instance, change.agent);
        break;
      case "agent_gone":
        agents.writable().delete(change.instance);
        break;
      case "definitions":
        next.definitionsHash = change.hash;
        break;
      case "step":
      case "step_asset":
      case "automation":
      case "tick":
      case "backfill":
      case "evaluation":
      case "pauses":
      case "settings":
        // Shown by pages of their own, which listen themselves.
        break;
      default:
        return assertNever(change);
    }
  }
  return {
    ...next,
    assets: assets.current(),
    runs: withoutOldRuns(runs.current()),
    locations: locations.current(),
    agents: agents.current(),
  };
}

/** An answer to a call may overtake the live change that it caused; the lower sequence number is the older view. */
function isNewer(run: RunSummary, known: RunSummary | undefined): boolean {
  return known === undefined || run.lastSeq >= known.lastSeq;
}

function withoutOldRuns(runs: ReadonlyMap<string, RunSummary>): ReadonlyMap<string, RunSummary> {
  if (runs.size <= MAX_FINISHED_RUNS * 1.2) return runs;
  const finished = [...runs.values()].filter((run) => isTerminalRun(run.status)).sort((a, b) => b.createdAt - a.createdAt);
  const forgotten = new Set(finished.slice(MAX_FINISHED_RUNS).map((run) => run.id));
  return forgotten.size === 0 ? runs : new Map([...runs].filter(([id]) => !forgotten.has(id)));
}

function lazyCopy<V>(original: ReadonlyMap<string, V>) {
  let copy: Map<string, V> | null = null;
  return { current: (): ReadonlyMap<string, V> => copy ?? original, writable: (): Map<string, V> => (copy ??= new Map(original)) };
}

/** Newest first. */
export function activeRuns(state: DeploymentState): RunSummary[] {
  return [...state.runs.values()].filter((run) => !isTerminalRun(run.status)).sort((a, b) => b.createdAt - a.createdAt);
}

export interface AssetCounts {
  readonly failed: number;
  readonly warning: number;
  readonly inProgress: number;
}

export function countAssets(assets: Iterable<AssetState>): AssetCounts {
  let failed = 0;
  let warning = 0;
  let inProgress = 0;
  for (const asset of assets) {
    if (asset.health === "failed") failed++;
    if (asset.health === "warning") warning++;
    if (asset.inProgress) inProgress++;
  }
  return { failed, warning, inProgress };
}
