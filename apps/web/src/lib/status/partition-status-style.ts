/** Style of the state of a partition. */
import { assertNever } from "@headgate/shared/domain/assert.ts";
import type { PartitionItem } from "#lib/partitions/calendar.ts";
import type { StatusStyle } from "#lib/status/status-style.ts";

export function partitionStyle(status: PartitionItem["status"]): StatusStyle {
  switch (status) {
    case "materialized":
      return { tone: "good", label: "Materialized" };
    case "failed":
      return { tone: "bad", label: "Failed" };
    case "in_progress":
      return { tone: "live", label: "In progress" };
    case "missing":
      return { tone: "idle", label: "Missing" };
    default:
      return assertNever(status);
  }
}
