/** Which conditions have to be looked at, and why: those that read what changed, those whose time has come; not those that are held back. */
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
import { pauseFinder } from "../pauses.ts";
import { catalogOf } from "../../catalog/catalog.ts";

/** Evaluated in one transaction; the others follow in the next. */
const MAX_TARGETS = 5000;
/** A target that requests this often within the time waits: a condition that is always true must not fill the queue. */
const BURST = 5;
const BURST_MS = 30_000;

export interface Due {
  /** Target -> what was noticed, as a sentence. */
  readonly causes: Map<string, string>;
  /** Target -> the sensors that led to it, where there were any; also of what was written down again. */
  readonly chains: ReadonlyMap<string, CauseChain>;
  /** Nothing changed that they look at: a time came that they waited for. */
  readonly woken: ReadonlySet<string>;
  /** There is more to look at than one transaction should hold. */
  readonly more: boolean;
}

/** Takes what is written down; what does not fit is written down again. */
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
    // That its own run goes on does not lead to its next request: otherwise what led to one would lead to all that come after it.
    for (const reader of program.readersOf(target)) add(reader, cause, reader === target ? null : chain);
  }
  for (const target of dueStates(tx.db, tx.now, MAX_TARGETS)) {
    if (!program.conditions.has(target)) saveWakeAt(tx.db, target, null);
    else if (!causes.has(target)) {
      add(target, "The time came that it waited for.");
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
  /** The program with only those conditions that may request something now; the keys are those that are due. */
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
    const pause = pauseOf(target);
    if (pause) paused.set(target, pause);
    const open = pause === null && !isHasty(tx, target);
    known.set(target, open);
    return open;
  };
  const keys = [...due].filter(isOpen);
  return { program: restricted(program, keys, isOpen), paused };
}

/** It asked so often that it has to wait. Its state stays as it is, so that later it sees everything that happened meanwhile. */
function isHasty(tx: Tx, target: string): boolean {
  // Those of a time that is still to come are of a clock that was set back since.
  const requests = lastRequests(tx.db, target, BURST).filter((at) => at <= tx.now);
  const oldest = requests.at(-1);
  if (oldest === undefined || requests.length < BURST || oldest <= tx.now - BURST_MS) return false;
  saveWakeAt(tx.db, target, oldest + BURST_MS);
  return true;
}

/** The evaluator starts with the keys and adds readers of what it requests; whom it may add, `isOpen` says. */
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

/** What the targets remember; of those that nobody thought of, read when asked. */
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
