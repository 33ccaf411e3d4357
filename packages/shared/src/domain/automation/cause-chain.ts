/**
 * Which sensors led to a run, so that one that starts itself for ever can be told from a long line of different ones. A chain begins with
 * what no sensor made: a run that somebody launched, a tick of the clock, a report from outside.
 */
export interface CauseChain {
  /** Id of the run or tick that it began with. */
  readonly root: string;
  /** Ids of the sensors that it came through, in the order in which it first came to each. */
  readonly passed: readonly string[];
}

/** So often a sensor may follow from itself after one beginning, in all branches of the chain together. */
export const MAX_SELF_STARTS = 100;
/** Different sensors that a chain names; one that comes after so many is counted as if it had been there before. */
export const MAX_CHAIN = 100;

/** Does the sensor follow from itself? */
export function comesBackTo(chain: CauseChain, sensor: string): boolean {
  return chain.passed.includes(sensor) || chain.passed.length >= MAX_CHAIN;
}

export function chainThrough(chain: CauseChain, sensor: string): CauseChain {
  return comesBackTo(chain, sensor) ? chain : { root: chain.root, passed: [...chain.passed, sensor] };
}

/** Of several causes of one thing the longest, so that a circle is not forgotten when something else happens beside it. */
export function longestChain(chains: Iterable<CauseChain | null | undefined>): CauseChain | null {
  let longest: CauseChain | null = null;
  for (const chain of chains) if (chain && (longest === null || chain.passed.length > longest.passed.length)) longest = chain;
  return longest;
}

/** The way from a sensor back to itself. */
export function circleOf(chain: CauseChain, sensor: string): string[] {
  const start = chain.passed.indexOf(sensor);
  return [...(start === -1 ? chain.passed : chain.passed.slice(start)), sensor];
}
