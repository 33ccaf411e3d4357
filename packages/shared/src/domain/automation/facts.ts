/** What the evaluation of conditions must know of the deployment. It asks only for assets and checks that a condition looks at. */
import type { Freshness } from "../health/freshness.ts";
import type { PartitionSet } from "../partitions/partition-set.ts";
import { EMPTY_SUBSET, type PartitionSubset } from "../partitions/subset.ts";
import type { Moment } from "./moment.ts";

/** An asset key or a check id (`<asset key>:<check name>`). */
export type Target = string;

export interface RunFact {
  readonly tags: Readonly<Record<string, string>>;
  /** Whether the run was to execute it: a question, because a run may have thousands of assets and checks. */
  executes(target: Target): boolean;
}

/** A materialization, or an evaluation of a check. */
export interface UpdateFact {
  readonly moment: Moment;
  /** When the step that made it started, and so read what it depends on. Left out: at `moment`. */
  readonly started?: Moment | undefined;
  readonly partitions: PartitionSubset;
  /** Null when no run made it. */
  readonly run: RunFact | null;
  /** Another data version than before. */
  readonly changedData: boolean;
}

/** Subsets of an unpartitioned target are `[0, 1]` and `[]`. */
export interface AutomationFacts {
  /** The partitions that exist now; null: unpartitioned. Checks are partitioned as their assets. */
  partitions(asset: string): PartitionSet | null;
  /** Materialized at least once; of a check: evaluated. */
  succeeded(target: Target): PartitionSubset;
  /** Updates with a greater sequence, in order. */
  updates(target: Target, afterSequence: number): readonly UpdateFact[];
  latestUpdate(target: Target): UpdateFact | null;
  /** Planned in a run that has not ended and has not updated it yet. */
  running(target: Target): PartitionSubset;
  backfilling(target: Target): PartitionSubset;
  failed(target: Target): PartitionSubset;
  checkState(check: Target): { readonly passed: PartitionSubset; readonly failed: PartitionSubset };
  codeVersion(asset: string): string | null;
  /** Null without a policy. */
  freshness(asset: string): Freshness | null;
}

/** A deployment in which nothing ever happened; a base for facts that know only some of the answers. */
export const QUIET_FACTS: AutomationFacts = {
  partitions: () => null,
  succeeded: () => EMPTY_SUBSET,
  updates: () => [],
  latestUpdate: () => null,
  running: () => EMPTY_SUBSET,
  backfilling: () => EMPTY_SUBSET,
  failed: () => EMPTY_SUBSET,
  checkState: () => ({ passed: EMPTY_SUBSET, failed: EMPTY_SUBSET }),
  codeVersion: () => null,
  freshness: () => null,
};
