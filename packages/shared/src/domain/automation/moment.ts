/**
 * In which order did things happen? A moment is a place in the deployment's history; timing says for some partitions when something
 * became true of them. Of two entries for one partition the later counts.
 */
import { difference, intersection, union, type PartitionSubset } from "../partitions/subset.ts";

export interface Moment {
  /** Never decreases from one event to the next. */
  readonly at: number;
  /** Number of the event; orders those of the same millisecond. */
  readonly sequence: number;
}

export interface TimedSubset {
  readonly moment: Moment;
  readonly subset: PartitionSubset;
}
/** At most one entry for a moment, the latest first. */
export type Timing = readonly TimedSubset[];

export const NO_TIMING: Timing = [];

export function compareMoments(a: Moment, b: Moment): number {
  return a.at - b.at || a.sequence - b.sequence;
}

/** A tick of a clock comes before every event of its millisecond. */
export function momentOfTick(at: number): Moment {
  return { at, sequence: -1 };
}

/** Sorted and merged, and every partition only at its latest moment. */
export function latestOf(entries: readonly TimedSubset[]): Timing {
  const [only] = entries;
  if (entries.length < 2) return only && only.subset.length > 0 ? entries : NO_TIMING;
  const timing: TimedSubset[] = [];
  let seen: PartitionSubset = [];
  for (const { moment, subset } of entries.toSorted((a, b) => compareMoments(b.moment, a.moment))) {
    const fresh = difference(subset, seen);
    if (fresh.length === 0) continue;
    seen = union(seen, fresh);
    const last = timing.at(-1);
    if (last && compareMoments(last.moment, moment) === 0) timing[timing.length - 1] = { moment, subset: union(last.subset, fresh) };
    else timing.push({ moment, subset: fresh });
  }
  return timing;
}

export function partitionsOf(timing: Timing): PartitionSubset {
  return timing.reduce<PartitionSubset>((all, { subset }) => union(all, subset), []);
}

export function restricted(timing: Timing, to: PartitionSubset): Timing {
  const entries: TimedSubset[] = [];
  for (const { moment, subset } of timing) {
    const left = intersection(subset, to);
    if (left.length > 0) entries.push({ moment, subset: left });
  }
  return entries;
}

/** What of `timing` happened after everything that `others` say of the same partition. Equal moments do not. */
export function laterThan(timing: Timing, others: Timing): Timing {
  const entries: TimedSubset[] = [];
  for (const { moment, subset } of timing) {
    let left = subset;
    for (const other of others) if (compareMoments(other.moment, moment) >= 0) left = difference(left, other.subset);
    if (left.length > 0) entries.push({ moment, subset: left });
  }
  return entries;
}

/** Timing for all of a subset: what has none is true at `moment`. */
export function completed(timing: Timing, subset: PartitionSubset, moment: Moment): Timing {
  const known = restricted(timing, subset);
  const rest = difference(subset, partitionsOf(known));
  return rest.length === 0 ? known : latestOf([...known, { moment, subset: rest }]);
}
