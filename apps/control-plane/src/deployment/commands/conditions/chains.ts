/** What led to a request of a condition: a run that follows from a sensor's run follows from that sensor, also when a condition lies between them. */
import { type CauseChain, longestChain } from "@headgate/shared/domain/automation/cause-chain.ts";
import { readChains, saveChains } from "../../store/condition-chain-store.ts";
import type { Turn } from "../../turn.ts";

export interface Chains {
  /** Of one run or backfill that these targets request together. */
  readonly of: (targets: Iterable<string>) => CauseChain | null;
  /** After the evaluation: what requested something has used its chain up, everything else keeps it. */
  readonly settle: (requested: ReadonlySet<string>) => void;
}

/** `noticed`: of what has just changed; `due`: what is looked at, also what is held back. */
export function openChains(
  turn: Turn,
  { due, noticed }: { readonly due: Iterable<string>; readonly noticed: ReadonlyMap<string, CauseChain> },
): Chains {
  const stored = readChains(turn.db, [...due]);
  const known = new Map(stored);
  for (const [target, chain] of noticed) known.set(target, longestChain([stored.get(target), chain]) ?? chain);
  return {
    of(targets) {
      const own = longestChain([...targets].map((target) => known.get(target)));
      // What is requested only because something before it is, follows from the same.
      return own ?? longestChain(known.values());
    },
    settle(requested) {
      const changed = new Map<string, CauseChain | null>();
      for (const [target, chain] of known) if (!requested.has(target) && chain !== stored.get(target)) changed.set(target, chain);
      for (const target of stored.keys()) if (requested.has(target)) changed.set(target, null);
      if (changed.size > 0) saveChains(turn.db, changed);
    },
  };
}
