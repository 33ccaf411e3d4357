/** Describes the partitions of a backfill in words. */
import type { z } from "zod";
import type { backfillPartitionsSchema } from "@headgate/shared/contract/runs/backfills.ts";
import { assertNever } from "@headgate/shared/domain/assert.ts";
import { RANGE_SEPARATOR } from "@headgate/shared/domain/partitions/partition-set.ts";
import { shortened } from "@headgate/shared/domain/shortened.ts";

export type BackfillPartitions = z.output<typeof backfillPartitionsSchema>;

export const ALL_PARTITIONS = "all";
const MAX_NAMED_KEYS = 3;

/** `2025-01-01...2025-01-30`, `missing of 2025-01-01...2025-01-30`, `3 partitions`. */
export function partitionsInWords(partitions: BackfillPartitions): string {
  switch (partitions.type) {
    case "all":
      return ALL_PARTITIONS;
    case "range":
      return rangeInWords(partitions.first, partitions.last);
    case "keys":
      return partitions.keys.length <= MAX_NAMED_KEYS
        ? partitions.keys.map((key) => shortened(key)).join(", ")
        : `${partitions.keys.length} partitions`;
    case "missing":
    case "failed":
    case "missing_or_failed":
    case "stale": {
      const { first, last } = partitions;
      const state = stateInWords(partitions);
      return first === undefined && last === undefined ? state : `${state} of ${rangeInWords(first, last)}`;
    }
    default:
      return assertNever(partitions);
  }
}

function rangeInWords(first: string | undefined, last: string | undefined): string {
  return `${shortened(first ?? "the first")}${RANGE_SEPARATOR}${shortened(last ?? "the last")}`;
}

/** The state that a partition must have to be included. */
export function stateInWords({ type }: BackfillPartitions): string {
  switch (type) {
    case "all":
    case "range":
    case "keys":
      return "there";
    case "missing":
    case "failed":
    case "stale":
      return type;
    case "missing_or_failed":
      return "missing or failed";
    default:
      return assertNever(type);
  }
}
