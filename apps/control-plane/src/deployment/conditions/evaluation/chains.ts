/** What led to a request of a condition: a run that follows from a sensor's run follows from that sensor, also when a condition lies between them. */
import { type CauseChain, chainOfAll, longestChain, type RunChain } from "@headgate/shared/domain/automation/cause-chain.ts";
import type { AutomationProgram } from "@headgate/shared/domain/automation/program.ts";
import { readChains, saveChains } from "../condition-chain-store.ts";
import type { Tx } from "../../kernel/tx.ts";

export interface Chains {
  /** Of one run or backfill that these targets request together. */
  readonly of: (targets: Iterable<string>) => RunChain | null;
  /** After the evaluation: what requested something has used its chain up, everything else keeps it. */
  readonly settle: (requested: ReadonlySet<string>) => void;
}

interface Evaluated {
  readonly program: AutomationProgram;
  /** What is looked at, also what is held back. */
  readonly due: Iterable<string>;
  /** Of what has just changed. */
  readonly noticed: ReadonlyMap<string, CauseChain>;
  /** What requests because of the time alone begins anew, whatever happened before. */
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

/** What is requested because something that it looks at is, follows from the same; what only happens to be requested with it does not. */
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
