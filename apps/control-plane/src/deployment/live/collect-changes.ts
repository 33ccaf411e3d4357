/** Collects the rows that a transaction changed, each one once. */
import type { Fact } from "../facts.ts";

/** The changed rows that dashboards may show. */
export interface Changed {
  readonly runs: Set<number>;
  /** Run -> positions of steps. */
  readonly steps: Map<number, Set<number>>;
  /** Run -> position -> assets. */
  readonly stepAssets: Map<number, Map<number, Set<string>>>;
  /** Runs with new events. */
  readonly events: Set<number>;
  readonly assets: Set<string>;
  readonly locations: Set<string>;
  readonly agents: Set<string>;
  readonly agentsGone: Set<string>;
  readonly backfills: Set<number>;
  readonly automations: Set<string>;
  readonly ticks: Set<number>;
  readonly evaluations: Set<string>;
  pauses: boolean;
  definitions: boolean;
  settings: boolean;
}

export function collectChanges(facts: readonly Fact[]): Changed {
  const changed: Changed = {
    runs: new Set(),
    steps: new Map(),
    stepAssets: new Map(),
    events: new Set(),
    assets: new Set(),
    locations: new Set(),
    agents: new Set(),
    agentsGone: new Set(),
    backfills: new Set(),
    automations: new Set(),
    ticks: new Set(),
    evaluations: new Set(),
    pauses: false,
    definitions: false,
    settings: false,
  };
  for (const fact of facts) collect(changed, fact);
  return changed;
}

function collect(changed: Changed, fact: Fact): void {
  switch (fact.type) {
    case "run_changed":
      changed.runs.add(fact.run);
      break;
    case "step_changed":
      getOrAdd(changed.steps, fact.run, () => new Set<number>()).add(fact.position);
      break;
    case "step_asset_changed": {
      const positions = getOrAdd(changed.stepAssets, fact.run, () => new Map<number, Set<string>>());
      getOrAdd(positions, fact.position, () => new Set<string>()).add(fact.asset);
      break;
    }
    case "events_added":
      changed.events.add(fact.run);
      break;
    case "asset_changed":
      changed.assets.add(fact.asset);
      break;
    case "location_changed":
      changed.locations.add(fact.location);
      break;
    case "agent_changed":
      changed.agents.add(fact.instance);
      break;
    case "agent_gone":
      changed.agentsGone.add(fact.instance);
      break;
    case "evaluation_added":
      changed.evaluations.add(fact.id);
      break;
    case "pauses_changed":
      changed.pauses = true;
      break;
    case "automation_changed":
      changed.automations.add(fact.automation);
      break;
    case "tick_changed":
      changed.ticks.add(fact.tick);
      break;
    case "backfill_changed":
      changed.backfills.add(fact.backfill);
      break;
    case "definitions_changed":
      changed.definitions = true;
      break;
    case "settings_changed":
      changed.settings = true;
      break;
    default:
  }
}

function getOrAdd<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
