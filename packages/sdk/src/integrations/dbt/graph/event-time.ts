/** Microbatch models and partitions: dbt's event-time bounds of a step, and the partition of one of its batches. */
import { openTimePartitions } from "@headgate/shared/domain/partitions/time-window.ts";
import type { PartitionsDefinition } from "@headgate/shared/domain/partitions/definition.ts";
import { dailyPartitions, hourlyPartitions, monthlyPartitions, type Partitions } from "../../../options/partitions.ts";
import { isMicrobatch, type DbtManifestNode } from "./dbt-manifest.ts";
import type { DbtNode } from "./dbt-node.ts";

const CADENCES: Readonly<Record<string, string>> = { hour: "hourly", day: "daily", month: "monthly" };

/**
 * Gives every microbatch model the partitions of its batches: one per hour, day or month since its `begin`. All other nodes have none.
 *
 * @example
 * export const lakehouse = dbtAssets({ project, partitions: microbatchPartitions });
 */
export function microbatchPartitions(node: DbtNode): Partitions | undefined {
  if (node.microbatch === null) return undefined;
  const { begin, batchSize } = node.microbatch;
  const instant = new Date(/[zZ]|[+-]\d\d:?\d\d$/.test(begin) || !begin.includes("T") ? begin : `${begin}Z`);
  if (Number.isNaN(instant.getTime())) return undefined;
  const text = instant.toISOString();
  switch (batchSize) {
    case "hour":
      return hourlyPartitions({ start: `${text.slice(0, 10)}-${text.slice(11, 13)}:00` });
    case "day":
      return dailyPartitions({ start: text.slice(0, 10) });
    case "month":
      return monthlyPartitions({ start: `${text.slice(0, 7)}-01` });
    default:
      return undefined;
  }
}

/** dbt reads them as UTC. Unlike variables they leave its parsed project as it is. */
export function eventTimeArgs(
  nodes: Iterable<DbtManifestNode>,
  partition: { readonly start: number | null; readonly end: number | null } | null,
): string[] {
  if (partition === null || partition.start === null || partition.end === null) return [];
  if (![...nodes].some(isMicrobatch)) return [];
  const text = (instant: number): string => new Date(instant).toISOString().slice(0, 19);
  return ["--event-time-start", text(partition.start), "--event-time-end", text(partition.end)];
}

/** The partition that a batch makes, where batches and partitions are of one size: "batch 2025-01-31 of sql incremental model ...". */
export function partitionOfBatch(node: DbtManifestNode, definition: PartitionsDefinition | undefined, description: string): string | null {
  const [, start] = /^batch (\S+) of /.exec(description) ?? [];
  if (start === undefined || definition?.type !== "time" || CADENCES[node.config?.batch_size ?? ""] !== definition.cadence) return null;
  const instant = Date.parse(start.length === 13 ? `${start}:00:00Z` : start.length === 7 ? `${start}-01` : start);
  const opened = openTimePartitions(definition);
  if (!opened.ok || Number.isNaN(instant)) return null;
  const index = opened.value.indexAt(instant);
  // Partitions of another zone begin elsewhere than dbt's batches, which are UTC.
  return opened.value.windowAt(index)?.start === instant ? opened.value.keyAt(index) : null;
}
