/** The partitions of one asset, a page at a time. */
import type { z } from "zod";
import type { inputs } from "@headgate/shared/api/inputs.ts";
import type { PartitionStatusView } from "@headgate/shared/api/views.ts";
import { openPartitions, type PartitionSet } from "@headgate/shared/domain/partitions/partition-set.ts";
import { countOf, difference, includes } from "@headgate/shared/domain/partitions/subset.ts";
import { ok, refuse, type Result } from "@headgate/shared/domain/errors.ts";
import { parseSubset } from "../partition-sets.ts";
import { latestMaterializations, partitionFailures, partitionsInProgress, readPartitionSets } from "../store/partition-store.ts";
import type { Reader } from "./reader.ts";
import { unknownAsset } from "./unknown-asset.ts";

/** The cursor is the number of items already given. */
export function assetPartitions(reader: Reader, input: z.output<(typeof inputs)["assetPartitions"]>): Result<PartitionStatusView> {
  const { graph } = reader.catalog();
  const node = graph.indexOf(input.key);
  if (node < 0) return unknownAsset(reader, input.key);
  const definition = graph.assets[node]?.partitions;
  if (definition === undefined) return refuse("invalid_input", `${input.key} is not partitioned.`);
  const opened = openPartitions(definition, { now: reader.now });
  if (!opened.ok) return opened;
  const set = opened.value;
  const offset = input.cursor ? Number(input.cursor) : 0;
  if (!Number.isSafeInteger(offset) || offset < 0) return refuse("invalid_input", "The cursor is not one that this list gave out.");
  const stored = readPartitionSets(reader.db, input.key);
  const materialized = parseSubset(set, stored?.materialized);
  const failed = parseSubset(set, stored?.failed);
  const running = partitionsInProgress(reader.db, input.key);
  const keys = pageOf(set, offset, input.limit);
  const failures = partitionFailures(reader.db, input.key, keys);
  const latest = latestMaterializations(reader.db, input.key, keys);
  const items = keys.map((key) => {
    const number = set.numberOf(key);
    const window = set.windowOf(key);
    const failure = includes(failed, number) ? failures.get(key) : undefined;
    const done = latest.get(key);
    const status = running.has(key)
      ? ("in_progress" as const)
      : includes(failed, number)
        ? ("failed" as const)
        : includes(materialized, number)
          ? ("materialized" as const)
          : ("missing" as const);
    return {
      key,
      start: window?.start ?? null,
      end: window?.end ?? null,
      status,
      run: running.get(key) ?? failure?.run ?? done?.run ?? null,
      at: failure?.at ?? done?.at ?? null,
      message: failure?.message ?? null,
    };
  });
  const end = offset + keys.length;
  return ok({
    definition,
    total: set.count,
    materialized: countOf(difference(materialized, failed)),
    failed: countOf(failed),
    inProgress: running.size,
    items,
    next: end < set.count ? String(end) : null,
  });
}

/** Newest first where partitions have a time, else in their own order. */
function pageOf(set: PartitionSet, offset: number, limit: number): string[] {
  const newestFirst = set.time !== null || set.definition.type === "dynamic";
  const keys: string[] = [];
  for (let at = offset; at < Math.min(set.count, offset + limit); at++) {
    const key = set.keyAt(newestFirst ? set.count - 1 - at : at);
    if (key !== null) keys.push(key);
  }
  return keys;
}
