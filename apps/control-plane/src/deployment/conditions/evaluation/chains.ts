/** Tracks which sensors led to a request of a condition, so that a loop through a sensor and a condition is found. */
import { type CauseChain, chainOfAll, longestChain, type RunChain } from "@headgate/shared/domain/automation/cause-chain.ts";
import type { AutomationProgram } from "@headgate/shared/domain/automation/program.ts";
import { readChains, saveChains } from "../condition-chain-store.ts";
import type { Tx } from "../../kernel/tx.ts";

export interface Chains {
  /** The chain of a run or backfill that these targets request together. */
  readonly of: (targets: Iterable<string>) => RunChain | null;
  /** Call after the evaluation: targets that requested something lose their chain, all others keep it. */
  readonly settle: (requested: ReadonlySet<string>) => void;
}

interface Evaluated {
  readonly program: AutomationProgram;
  /** All targets to evaluate, including paused ones. */
  readonly due: Iterable<string>;
  /** The chains of the new changes. */
  readonly noticed: ReadonlyMap<string, CauseChain>;
  /** Targets that were due by time alone: their requests start without a chain. */
  readonly anew: Iterable<string>;
  readonly requested: Iterable<string>;
}

export function openChains(tx: Tx, { program, due, noticed, anew, requested }: Evaluated): Chains {
  const stored = readChains(tx.db, [...new Set([...due, ...noticed.keys(), ...requested])]);
  const known = new Map(stored);
  for (const [target, chain] of noticed) known.set(target, longestChain([stored.get(target), chain]) ?? chain);
  const caused = new Map(known);
  for (const target of anew) caused.delete(target);
  const led = ledTo(program, new Set(requested), caused);
  return {
    of: (targets) => chainOfAll(new Map([...targets].map((target) => [target, led.get(target) ?? null]))),
    settle(settled) {
      const changed = new Map<string, CauseChain | null>();
      for (const [target, chain] of known) if (!settled.has(target) && chain !== stored.get(target)) changed.set(target, chain);
      for (const target of stored.keys()) if (settled.has(target)) changed.set(target, null);
      if (changed.size > 0) saveChains(tx.db, changed);
    },
  };
}

/** A target inherits the chain of a requested target that it reads, but not of one that is only requested at the same time. */
function ledTo(
  program: AutomationProgram,
  requested: ReadonlySet<string>,
  known: ReadonlyMap<string, CauseChain>,
): ReadonlyMap<string, CauseChain> {
  const led = new Map<string, CauseChain>();
  for (const target of [...requested].toSorted((a, b) => program.levelOf(a) - program.levelOf(b))) {
    const chain = longestChain([led.get(target), known.get(target)]);
    if (!chain) continue;
    led.set(target, chain);
    for (const reader of program.readersOf(target)) {
      if (reader !== target && requested.has(reader)) led.set(reader, longestChain([led.get(reader), chain]) ?? chain);
    }
  }
  return led;
}
