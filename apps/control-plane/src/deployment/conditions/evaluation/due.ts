/** Decides which conditions to evaluate and why: those that read a change and those due by time, without paused or too frequent ones. */
import type { PauseView } from "@headgate/shared/contract/automations/conditions.ts";
import { type CauseChain, longestChain } from "@headgate/shared/domain/automation/cause-chain.ts";
import type { Condition } from "@headgate/shared/domain/automation/condition.ts";
import type { AutomationProgram } from "@headgate/shared/domain/automation/program.ts";
import type { TargetState } from "@headgate/shared/domain/automation/state.ts";
import {
  dueStates,
  insertChanges,
  lastRequests,
  readConditionState,
  readConditionStates,
  saveWakeAt,
  takeChanges,
} from "../condition-store.ts";
import type { Database } from "../../kernel/database.ts";
import { readPauses } from "../pause-store.ts";
import type { Tx } from "../../kernel/tx.ts";
import { conditionOff } from "../condition-program.ts";
import { pauseFinder } from "../pauses.ts";
import { catalogOf } from "../../catalog/catalog.ts";

/** The most targets evaluated in one transaction; the next one continues. */
const MAX_TARGETS = 5000;
/** A target with this many requests within `BURST_MS` has to wait, so that a condition that is always true does not fill the queue. */
const BURST = 5;
const BURST_MS = 30_000;

export interface Due {
  /** Target -> the cause of its evaluation, as a sentence. */
  readonly causes: Map<string, string>;
  /** Target -> the sensors that led to the change, if any; includes targets that wait for the next transaction. */
  readonly chains: ReadonlyMap<string, CauseChain>;
  /** Targets that are due by time alone. */
  readonly woken: ReadonlySet<string>;
  /** Whether targets are left for the next transaction. */
  readonly more: boolean;
}

/** Takes the stored changes. Those that do not fit into this transaction are stored again. */
export function takeDue(tx: Tx, program: AutomationProgram): Due {
  const causes = new Map<string, string>();
  const left = new Map<string, string>();
  const more = new Map<string, number>();
  const chains = new Map<string, CauseChain>();
  const woken = new Set<string>();
  const add = (target: string, cause: string, chain: CauseChain | null = null) => {
    if (!program.conditions.has(target)) return;
    const longest = longestChain([chains.get(target), chain]);
    if (longest) chains.set(target, longest);
    if (causes.has(target)) more.set(target, (more.get(target) ?? 0) + 1);
    else if (causes.size < MAX_TARGETS) causes.set(target, cause);
    else if (!left.has(target)) left.set(target, cause);
  };
  for (const { target, cause, chain } of takeChanges(tx.db)) {
    // A change of the target itself does not pass its chain on; otherwise one cause would lead to all later requests.
    for (const reader of program.readersOf(target)) add(reader, cause, reader === target ? null : chain);
  }
  for (const target of dueStates(tx.db, tx.now, MAX_TARGETS)) {
    if (!program.conditions.has(target)) saveWakeAt(tx.db, target, null);
    else if (!causes.has(target)) {
      add(target, "The time it waited for has come.");
      woken.add(target);
    }
  }
  for (const [target, count] of more) {
    const cause = causes.get(target) ?? "";
    causes.set(target, `${cause} ${count === 1 ? "One more thing" : `${count} more things`} changed.`);
  }
  insertChanges(
    tx.db,
    [...left].map(([target, cause]) => ({ target, cause, chain: null })),
    tx.now,
  );
  return { causes, chains, woken, more: left.size > 0 };
}

export interface Gate {
  /** The program limited to conditions that may request now; its keys are the due ones. */
  readonly program: AutomationProgram;
  readonly paused: ReadonlyMap<string, PauseView>;
}

export function openGate(tx: Tx, program: AutomationProgram, due: Iterable<string>): Gate {
  const pauseOf = pauseFinder(catalogOf(tx), readPauses(tx.db));
  const paused = new Map<string, PauseView>();
  const known = new Map<string, boolean>();
  const isOpen = (target: string) => {
    const before = known.get(target);
    if (before !== undefined) return before;
    const isOff = conditionOff(tx, target) !== null;
    // It is evaluated when it is switched on, not by the clock.
    if (isOff) saveWakeAt(tx.db, target, null);
    const pause = isOff ? null : pauseOf(target);
    if (pause) paused.set(target, pause);
    const open = !isOff && pause === null && !isHasty(tx, target);
    known.set(target, open);
    return open;
  };
  const keys = [...due].filter(isOpen);
  return { program: restricted(program, keys, isOpen), paused };
}

/** Whether the target requests too often and has to wait. Its state does not change, so it sees later everything that happened meanwhile. */
function isHasty(tx: Tx, target: string): boolean {
  // Requests with a time in the future were made before the clock was set back.
  const requests = lastRequests(tx.db, target, BURST).filter((at) => at <= tx.now);
  const oldest = requests.at(-1);
  if (oldest === undefined || requests.length < BURST || oldest <= tx.now - BURST_MS) return false;
  saveWakeAt(tx.db, target, oldest + BURST_MS);
  return true;
}

/** The evaluator starts with the keys and adds readers of requested targets; `isOpen` decides which readers it may add. */
export function restricted(program: AutomationProgram, keys: readonly string[], isOpen: (target: string) => boolean): AutomationProgram {
  const all = program.conditions;
  const some = new Map(
    keys.flatMap((key): [string, Condition][] => {
      const condition = all.get(key);
      return condition ? [[key, condition]] : [];
    }),
  );
  const conditions: ReadonlyMap<string, Condition> = {
    size: some.size,
    get: (target) => all.get(target),
    has: (target) => all.has(target) && isOpen(target),
    keys: () => some.keys(),
    values: () => some.values(),
    entries: () => some.entries(),
    forEach: (callback, thisArg) => some.forEach(callback, thisArg),
    [Symbol.iterator]: () => some[Symbol.iterator](),
  };
  return { ...program, conditions };
}

/** The states of targets: the first ones are read at once, any other on demand. */
export function lazyStates(db: Database, first: readonly string[]): ReadonlyMap<string, TargetState> {
  const known = readConditionStates(db, first);
  const missing = new Set(first.filter((target) => !known.has(target)));
  const get = (target: string) => {
    const found = known.get(target);
    if (found || missing.has(target)) return found;
    const read = readConditionState(db, target);
    if (read) known.set(target, read);
    else missing.add(target);
    return read ?? undefined;
  };
  return {
    get size() {
      return known.size;
    },
    get,
    has: (target) => get(target) !== undefined,
    keys: () => known.keys(),
    values: () => known.values(),
    entries: () => known.entries(),
    forEach: (callback, thisArg) => known.forEach(callback, thisArg),
    [Symbol.iterator]: () => known[Symbol.iterator](),
  };
}
