/** Which shape and word stands for the state of a partition? */
import { assertNever } from "@headgate/shared/domain/assert.ts";
import type { PartitionItem } from "#lib/partitions/calendar.ts";
import type { Look } from "#lib/status/status-style.ts";

export function partitionLook(status: PartitionItem["status"]): Look {
  switch (status) {
    case "materialized":
      return { tone: "good", word: "Materialized" };
    case "failed":
      return { tone: "bad", word: "Failed" };
    case "in_progress":
      return { tone: "live", word: "In progress" };
    case "missing":
      return { tone: "idle", word: "Missing" };
    default:
      return assertNever(status);
  }
}
