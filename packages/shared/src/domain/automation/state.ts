/**
 * What is remembered from one evaluation of a target to the next, as plain JSON: where it stood in history, what it requested, and
 * for the few operators that look back what was true. Partitions are stored so that they survive a change of the definition.
 */
import { readSubset, storeSubset, type StoredSubset } from "../partitions/subset-json.ts";
import type { PartitionSet } from "../partitions/partition-set.ts";
import type { PartitionSubset } from "../partitions/subset.ts";
import type { Timing } from "./moment.ts";

export const AUTOMATION_STATE_VERSION = 1;

/** Whether an unpartitioned target is true. */
export type StoredTruth = boolean | StoredSubset;

export type NodeState =
  | { readonly true: StoredTruth }
  /** `[at, sequence, partitions]` */
  | { readonly since: readonly (readonly [number, number, StoredTruth])[] }
  | { readonly codeVersion: string | null };

export interface TargetState {
  readonly version: typeof AUTOMATION_STATE_VERSION;
  /** When it was evaluated, and the number of the last event that this evaluation knew. */
  readonly now: number;
  readonly sequence: number;
  /** Another kind of partitions makes the next evaluation an initial one. */
  readonly kind: PartitionsKind;
  readonly requested: StoredTruth;
  readonly nodes: Readonly<Record<string, NodeState>>;
  /** It must be evaluated again at this time though nothing happens. */
  readonly wakeAt: number | null;
  /** Something was true for this evaluation only, so the next one may differ though nothing happens. */
  readonly active: boolean;
}

export type PartitionsKind = "none" | PartitionSet["definition"]["type"];

export function kindOf(set: PartitionSet | null): PartitionsKind {
  return set?.definition.type ?? "none";
}

export function storeTruth(set: PartitionSet | null, subset: PartitionSubset): StoredTruth {
  return set ? storeSubset(set, subset) : subset.length > 0;
}

/** What another kind of partitions left behind is nothing. */
export function readTruth(set: PartitionSet | null, stored: StoredTruth): PartitionSubset {
  if (typeof stored === "boolean") return stored && !set ? [0, 1] : [];
  return set ? readSubset(set, stored) : [];
}

export function isNothing(stored: StoredTruth): boolean {
  return typeof stored === "boolean" ? !stored : Object.values(stored).every((list: readonly unknown[]) => list.length === 0);
}

export function storeTiming(set: PartitionSet | null, timing: Timing): (readonly [number, number, StoredTruth])[] {
  return timing.map(({ moment, subset }) => [moment.at, moment.sequence, storeTruth(set, subset)] as const);
}

export function readTiming(set: PartitionSet | null, stored: readonly (readonly [number, number, StoredTruth])[]): Timing {
  return stored.flatMap(([at, sequence, truth]) => {
    const subset = readTruth(set, truth);
    return subset.length > 0 ? [{ moment: { at, sequence }, subset }] : [];
  });
}
