/** What the control plane shows of partitions and backfills. Types only; times are milliseconds. */
import type { PartitionsDefinition } from "../domain/partitions/definition.ts";

export interface PartitionCounts {
  readonly total: number;
  readonly materialized: number;
  readonly failed: number;
  readonly inProgress: number;
  readonly missing: number;
}
/** A piece of a partitioned asset at some zoom: partitions that stand next to each other. */
export interface PartitionBucket extends PartitionCounts {
  readonly first: string;
  readonly last: string;
  /** Of time windows. */
  readonly start: number | null;
  readonly end: number | null;
}
export interface PartitionMapView {
  readonly definition: PartitionsDefinition;
  readonly counts: PartitionCounts;
  /** One row for partitions of one dimension (`key` null); otherwise one for each key of the dimension that is not the time. */
  readonly rows: readonly { readonly key: string | null; readonly buckets: readonly PartitionBucket[] }[];
  /** The ends of what is shown. */
  readonly first: string | null;
  readonly last: string | null;
  /** Rows left out because there are too many. */
  readonly moreRows: number;
}
export interface DynamicSetView {
  readonly name: string;
  readonly count: number;
  /** Assets that are partitioned by it. */
  readonly assets: readonly string[];
}
export interface DynamicKeyView {
  readonly key: string;
  readonly addedAt: number;
  readonly addedBy: string;
}

export type BackfillStatus = "running" | "paused" | "canceling" | "canceled" | "succeeded" | "failed";
export interface BackfillCounts {
  readonly waiting: number;
  readonly active: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly canceled: number;
  /** Cannot start any more, because something before it failed. */
  readonly blocked: number;
}
export interface BackfillSummary {
  readonly id: string;
  readonly title: string;
  readonly status: BackfillStatus;
  readonly selection: string;
  readonly assetCount: number;
  /** What was asked for, in words: `2025-01-01...2025-01-30`, `missing of 2025`, `all`. */
  readonly partitions: string;
  /** Runs by state; their sum is the number of runs. */
  readonly runs: BackfillCounts;
  readonly maxActive: number;
  readonly createdAt: number;
  readonly createdBy: string;
  readonly endedAt: number | null;
  readonly tags: Readonly<Record<string, string>>;
  /** Sentence of the first failure. */
  readonly error: string | null;
  /** Why nothing of it runs though it is running. */
  readonly waiting: string | null;
}
export interface BackfillDetail {
  readonly backfill: BackfillSummary;
  /** In dependency order, by partition. */
  readonly assets: readonly ({ readonly asset: string; readonly total: number } & BackfillCounts)[];
  /** Failed runs with the same sentence together. */
  readonly failures: readonly {
    readonly message: string;
    readonly count: number;
    readonly runs: readonly string[];
    readonly partitions: readonly string[];
  }[];
  /** Runs ended per minute lately, and when it ends at that rate. */
  readonly perMinute: number | null;
  readonly estimatedEndAt: number | null;
}
export interface BackfillPreview {
  readonly assets: readonly { readonly asset: string; readonly partitions: number; readonly ranges: readonly string[] }[];
  readonly runs: number;
  /** Of the first ones: what each does and which must end before it. */
  readonly first: readonly { readonly assets: readonly string[]; readonly partition: string | null; readonly after: number }[];
  readonly partitions: string;
  readonly warnings: readonly string[];
}
