import { parseCheckId } from "../asset-check.ts";

/**
 * Keeps which sensors led to a run, so that a sensor that starts itself for ever can be told from a long line of different ones. A chain
 * begins with what no sensor made: a run that a person launched, a tick of the clock, a report from outside.
 */
export interface CauseChain {
  /** Id of the run or tick that it began with. */
  readonly root: string;
  /** Ids of the sensors that it came through, in the order in which it first came to each. */
  readonly passed: readonly string[];
  /** How often it came to each of them. Chains that were stored before this was counted do not say: once. */
  readonly times?: readonly number[] | undefined;
}

/** The chain of a run or backfill that several conditions request together. What follows from one target follows only from its own cause. */
export interface RunChain extends CauseChain {
  readonly apart?: ApartChains | undefined;
}

/** Null: the clock or a person led to it. `of`: target -> index of its chain. */
interface ApartChains {
  readonly chains: readonly (CauseChain | null)[];
  readonly of: Readonly<Record<string, number>>;
}

/** So often a sensor may follow from itself on one way from the beginning. */
export const MAX_SELF_STARTS = 100;
/** And so often in all branches together, because a circle that doubles with each turn is never long. */
export const MAX_BRANCHED_SELF_STARTS = 10_000;
/** Different sensors that a chain names; one that comes after so many is taken for one that was there before, once. */
export const MAX_CHAIN = 100;
/** Chains that are told apart in one run; targets of further ones follow from the longest. */
const MAX_APART = 20;

/** How often the chain came to the sensor, so how often that follows from itself when it starts something now. */
export function timesThrough({ passed, times }: CauseChain, sensor: string): number {
  const index = passed.indexOf(sensor);
  if (index === -1) return passed.length >= MAX_CHAIN ? 1 : 0;
  return times?.[index] ?? 1;
}

export function chainThrough(chain: CauseChain, sensor: string): CauseChain {
  const { root, passed } = chain;
  const times = chain.times ?? passed.map(() => 1);
  if (passed.includes(sensor)) return { root, passed, times: times.map((count, index) => (passed[index] === sensor ? count + 1 : count)) };
  return passed.length >= MAX_CHAIN ? { root, passed, times } : { root, passed: [...passed, sensor], times: [...times, 1] };
}

function lengthOf({ passed, times }: CauseChain): number {
  return times?.reduce((sum, count) => sum + count, 0) ?? passed.length;
}

/** Picks the longest of several causes, so that a circle is not forgotten when something else happens beside it (ties: the last). */
export function longestChain(chains: Iterable<CauseChain | null | undefined>): CauseChain | null {
  let longest: CauseChain | null = null;
  for (const chain of chains) if (chain && (longest === null || lengthOf(chain) >= lengthOf(longest))) longest = chain;
  return longest;
}

/** The chain of targets that are requested together: the longest, and the other chains that led to some of them. */
export function chainOfAll(chains: ReadonlyMap<string, CauseChain | null>): RunChain | null {
  const longest = longestChain(chains.values());
  if (!longest) return null;
  const others = Map.groupBy(chains, ([, chain]) => JSON.stringify(chain));
  others.delete(JSON.stringify(longest));
  if (others.size === 0) return longest;
  const apart = [...others.values()].slice(0, MAX_APART);
  return {
    ...longest,
    apart: {
      chains: apart.map(([first]) => first?.[1] ?? null),
      of: Object.fromEntries(apart.flatMap((targets, index) => targets.map(([target]) => [target, index]))),
    },
  };
}

/** A check that was not requested for itself follows from what its asset follows from. */
export function chainOfTarget(chain: RunChain | null, target: string): CauseChain | null {
  if (!chain?.apart) return chain;
  const { apart, ...whole } = chain;
  const own = [target, parseCheckId(target)?.asset ?? target].find((name) => Object.hasOwn(apart.of, name));
  return own === undefined ? whole : (apart.chains[apart.of[own] ?? 0] ?? null);
}

/** The way from a sensor back to itself. */
export function circleOf(chain: CauseChain, sensor: string): string[] {
  const start = chain.passed.indexOf(sensor);
  return [...(start === -1 ? chain.passed : chain.passed.slice(start)), sensor];
}
