/** The partitions of one asset, a page at a time. */
import type { InputOf } from "@headgate/shared/contract/table.ts";
import type { PartitionStatusView } from "@headgate/shared/contract/assets/asset-views.ts";
import { parsePartitionRange, type PartitionSet } from "@headgate/shared/domain/partitions/partition-set.ts";
import type { PartitionStatus } from "@headgate/shared/domain/partitions/status.ts";
import {
  countOf,
  includes,
  intersection,
  type PartitionSubset,
  rangesOf,
  rangeSubset,
  unionOf,
} from "@headgate/shared/domain/partitions/subset.ts";
import { ok, refuse, type Result } from "@headgate/shared/domain/errors.ts";
import { partitionContext } from "../partitions/partition-context.ts";
import { type PartitionStates, partitionStates } from "../partitions/partition-states.ts";
import { latestMaterializations, partitionFailures, rangeFailures, rangeMaterializations } from "../partitions/partition-store.ts";
import type { Reader } from "../kernel/reader.ts";
import { unknownAsset } from "../catalog/unknown-asset.ts";
import { catalogOf } from "../catalog/catalog.ts";

export function openAssetPartitions(reader: Reader, key: string): Result<PartitionSet> {
  const { graph } = catalogOf(reader);
  const node = graph.indexOf(key);
  if (node < 0) return unknownAsset(reader, key);
  const definition = graph.assets[node]?.partitions;
  if (definition === undefined)
    return refuse(
      "invalid_input",
      `${key} is not partitioned, so it has no partitions to list. \`headgate assets ${key}\` and its page say when it was materialized.`,
    );
  return partitionContext(reader.db, reader.now).open(definition);
}

/** The cursor is the number of partitions already examined. */
export function assetPartitions(reader: Reader, input: InputOf<"assets.partitions">): Result<PartitionStatusView> {
  const opened = openAssetPartitions(reader, input.key);
  if (!opened.ok) return opened;
  const set = opened.value;
  const offset = input.cursor ? Number(input.cursor) : 0;
  if (!Number.isSafeInteger(offset) || offset < 0) return refuse("invalid_input", "The cursor does not belong to this list.");
  const states = partitionStates(reader.db, input.key, set);
  const { keys, next } = pageOf(set, wantedOf(set, states, input), { offset, limit: input.limit });
  const failures = partitionFailures(reader.db, input.key, keys);
  const failedRanges = ofRanges(set, rangeFailures(reader.db, input.key));
  const latest = latestMaterializations(reader.db, input.key, keys);
  const latestRanges = ofRanges(set, rangeMaterializations(reader.db, input.key));
  const items = keys.map((key) => {
    const number = set.numberOf(key);
    const window = set.windowOf(key);
    const hasFailed = includes(states.failed, number);
    const running = states.running.find(({ subset }) => includes(subset, number));
    const failure = hasFailed ? newest(failures.get(key), failedRanges.find(({ subset }) => includes(subset, number))?.entry) : undefined;
    const done = newest(latest.get(key), latestRanges.find(({ subset }) => includes(subset, number))?.entry);
    const status = running
      ? ("in_progress" as const)
      : hasFailed
        ? ("failed" as const)
        : includes(states.materialized, number)
          ? ("materialized" as const)
          : ("missing" as const);
    return {
      key,
      start: window?.start ?? null,
      end: window?.end ?? null,
      status,
      run: running?.run ?? failure?.run ?? done?.run ?? null,
      at: failure?.at ?? done?.at ?? null,
      message: failure?.message ?? null,
      ...(includes(states.stale, number) && { stale: true }),
    };
  });
  return ok({
    definition: set.definition,
    total: set.count,
    materialized: countOf(states.materialized),
    failed: countOf(states.failed),
    inProgress: countOf(states.inProgress),
    items,
    next: next === null ? null : String(next),
  });
}

function ofRanges<T extends { readonly partition: string }>(set: PartitionSet, entries: readonly T[]) {
  return entries.flatMap((entry) => {
    const subset = parsePartitionRange(set, entry.partition);
    return subset.ok ? [{ entry, subset: subset.value }] : [];
  });
}

function newest<A extends { readonly at: number }, B extends { readonly at: number }>(
  a: A | undefined,
  b: B | undefined,
): A | B | undefined {
  return a && b ? (a.at >= b.at ? a : b) : (a ?? b);
}

interface Wanted {
  readonly statuses?: readonly PartitionStatus[] | undefined;
  readonly keys?: readonly string[] | undefined;
}

function wantedOf(set: PartitionSet, states: PartitionStates, { statuses, keys }: Wanted): PartitionSubset {
  const { missing, materialized, failed, inProgress } = states;
  const subsets = { missing, materialized, failed, in_progress: inProgress };
  const byStatus = statuses === undefined ? rangeSubset(0, set.count) : unionOf(statuses.map((status) => subsets[status]));
  if (keys === undefined) return byStatus;
  const named = keys.flatMap((key) => {
    const parsed = parsePartitionRange(set, key);
    return parsed.ok ? [parsed.value] : [];
  });
  return intersection(byStatus, unionOf(named));
}

/** Newest first for time and dynamic partitions, otherwise in the order of the definition. */
function pageOf(
  set: PartitionSet,
  wanted: PartitionSubset,
  { offset, limit }: { readonly offset: number; readonly limit: number },
): { readonly keys: string[]; readonly next: number | null } {
  const newestFirst = set.time !== null || set.definition.type === "dynamic";
  const positionOf = (number: number): number => (newestFirst ? set.count - 1 - number : number);
  const ranges = rangesOf(intersection(wanted, newestFirst ? rangeSubset(0, set.count - offset) : rangeSubset(offset, set.count)));
  const keys: string[] = [];
  for (const { from, to } of newestFirst ? ranges.toReversed() : ranges) {
    for (let at = from; at < to; at++) {
      const number = newestFirst ? from + to - 1 - at : at;
      if (keys.length === limit) return { keys, next: positionOf(number) };
      const key = set.keyAt(number);
      if (key !== null) keys.push(key);
    }
  }
  return { keys, next: null };
}
