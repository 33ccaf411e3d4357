/** Everything a command may ask for once its transaction is committed, and the one place that does it. */
import { assertNever } from "@headgate/shared/domain/assert.ts";
import type { CloseCode } from "@headgate/shared/protocol/close-codes.ts";
import type { DownFrame } from "@headgate/shared/protocol/down.ts";
import type { TickResult } from "@headgate/shared/protocol/tick-result.ts";

export type Effect =
  | { readonly type: "send"; readonly socket: string; readonly frame: DownFrame }
  | { readonly type: "close"; readonly socket: string; readonly code: CloseCode; readonly reason: string }
  | { readonly type: "timers_changed" }
  | { readonly type: "run_changed"; readonly run: number }
  | { readonly type: "step_changed"; readonly run: number; readonly position: number }
  | { readonly type: "step_asset_changed"; readonly run: number; readonly position: number; readonly asset: string }
  | { readonly type: "events_added"; readonly run: number }
  | { readonly type: "asset_changed"; readonly asset: string }
  | { readonly type: "location_changed"; readonly location: string }
  | { readonly type: "agent_changed"; readonly instance: string }
  | { readonly type: "agent_gone"; readonly instance: string }
  /** Something that conditions look at: they are evaluated next, in a transaction of their own. */
  | { readonly type: "conditions_changed" }
  | { readonly type: "evaluation_added"; readonly id: string }
  | { readonly type: "pauses_changed" }
  /** `automation` is its id; see `automationId`. */
  | { readonly type: "automation_changed"; readonly automation: string }
  | { readonly type: "tick_changed"; readonly tick: number }
  /** An agent answered what somebody tries out. */
  | { readonly type: "trial_answered"; readonly trial: string; readonly instance: string; readonly result: TickResult }
  | { readonly type: "backfill_changed"; readonly backfill: number }
  /** Limits or policies. */
  | { readonly type: "settings_changed" }
  | { readonly type: "definitions_changed" };

/** What dashboards may want to know, each thing once. */
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

export interface EffectPorts {
  send(socket: string, frame: DownFrame): void;
  close(socket: string, code: CloseCode, reason: string): void;
  armTimers(): void;
  evaluateConditions(): void;
  trialAnswered(answer: Extract<Effect, { type: "trial_answered" }>): void;
  publish(changed: Changed): void;
}

export function performEffects(effects: readonly Effect[], ports: EffectPorts): void {
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
  let timers = false;
  let conditions = false;
  for (const effect of effects) {
    switch (effect.type) {
      case "send":
        ports.send(effect.socket, effect.frame);
        break;
      case "close":
        ports.close(effect.socket, effect.code, effect.reason);
        break;
      case "timers_changed":
        timers = true;
        break;
      case "trial_answered":
        ports.trialAnswered(effect);
        break;
      case "conditions_changed":
        conditions = true;
        break;
      default:
        note(changed, effect);
    }
  }
  if (timers) ports.armTimers();
  ports.publish(changed);
  if (conditions) ports.evaluateConditions();
}

function note(
  changed: Changed,
  effect: Exclude<Effect, { type: "send" | "close" | "timers_changed" | "conditions_changed" | "trial_answered" }>,
): void {
  switch (effect.type) {
    case "run_changed":
      changed.runs.add(effect.run);
      break;
    case "step_changed":
      getOrAdd(changed.steps, effect.run, () => new Set<number>()).add(effect.position);
      break;
    case "step_asset_changed": {
      const positions = getOrAdd(changed.stepAssets, effect.run, () => new Map<number, Set<string>>());
      getOrAdd(positions, effect.position, () => new Set<string>()).add(effect.asset);
      break;
    }
    case "events_added":
      changed.events.add(effect.run);
      break;
    case "asset_changed":
      changed.assets.add(effect.asset);
      break;
    case "location_changed":
      changed.locations.add(effect.location);
      break;
    case "agent_changed":
      changed.agents.add(effect.instance);
      break;
    case "agent_gone":
      changed.agentsGone.add(effect.instance);
      break;
    case "evaluation_added":
      changed.evaluations.add(effect.id);
      break;
    case "pauses_changed":
      changed.pauses = true;
      break;
    case "automation_changed":
      changed.automations.add(effect.automation);
      break;
    case "tick_changed":
      changed.ticks.add(effect.tick);
      break;
    case "backfill_changed":
      changed.backfills.add(effect.backfill);
      break;
    case "definitions_changed":
      changed.definitions = true;
      break;
    case "settings_changed":
      changed.settings = true;
      break;
    default:
      assertNever(effect);
  }
}

function getOrAdd<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

/** Effects that no list of changes tells of. */
const UNSEEN: ReadonlySet<Effect["type"]> = new Set([
  "send",
  "close",
  "timers_changed",
  "conditions_changed",
  "trial_answered",
  "events_added",
]);

export function hasLiveChanges(effects: readonly Effect[]): boolean {
  return effects.some(({ type }) => !UNSEEN.has(type));
}
