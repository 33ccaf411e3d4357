/** The states of a partition of an asset. Each partition is in exactly one of the four. */
export const PARTITION_STATUSES = ["missing", "materialized", "failed", "in_progress"] as const;
export type PartitionStatus = (typeof PARTITION_STATUSES)[number];
