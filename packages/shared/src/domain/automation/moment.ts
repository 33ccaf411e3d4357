/**
 * The order in which things happened. A moment is a place in the deployment's history; timing says for some partitions when something
 * became true of them. When a partition has two entries, the later one counts.
 */
import { difference, firstOfEach, intersection, unionOf, type PartitionSubset } from "../partitions/subset.ts";

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
  const sorted = entries.toSorted((a, b) => compareMoments(b.moment, a.moment));
  const fresh = firstOfEach(sorted.map(({ subset }) => subset));
  const timing: { moment: Moment; subsets: PartitionSubset[] }[] = [];
  for (const [index, { moment }] of sorted.entries()) {
    const subset = fresh[index] ?? [];
    if (subset.length === 0) continue;
    const last = timing.at(-1);
    if (last && compareMoments(last.moment, moment) === 0) last.subsets.push(subset);
    else timing.push({ moment, subsets: [subset] });
  }
  return timing.map(({ moment, subsets }) => ({ moment, subset: unionOf(subsets) }));
}

export function partitionsOf(timing: Timing): PartitionSubset {
  return unionOf(timing.map(({ subset }) => subset));
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
  // At equal moments the others come first and take the partition.
  const all = [...others.map((entry) => ({ ...entry, isOwn: false })), ...timing.map((entry) => ({ ...entry, isOwn: true }))];
  const sorted = all.toSorted((a, b) => compareMoments(b.moment, a.moment));
  const fresh = firstOfEach(sorted.map(({ subset }) => subset));
  return sorted.flatMap(({ moment, isOwn }, index) => {
    const subset = fresh[index] ?? [];
    return isOwn && subset.length > 0 ? [{ moment, subset }] : [];
  });
}

/** Timing for all of a subset: what has none is true at `moment`. */
export function completed(timing: Timing, subset: PartitionSubset, moment: Moment): Timing {
  const known = restricted(timing, subset);
  const rest = difference(subset, partitionsOf(known));
  return rest.length === 0 ? known : latestOf([...known, { moment, subset: rest }]);
}
