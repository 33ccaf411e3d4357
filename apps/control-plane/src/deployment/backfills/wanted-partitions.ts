/** Decides which partitions a backfill makes: the requested ones and, if asked for, only the missing or failed ones among them. */
import { assertNever } from "@headgate/shared/domain/assert.ts";
import { ok, refuse, type Result } from "@headgate/shared/domain/errors.ts";
import type { PartitionSet } from "@headgate/shared/domain/partitions/partition-set.ts";
import { intersection, type PartitionSubset, union } from "@headgate/shared/domain/partitions/subset.ts";
import { catalogOf } from "../catalog/catalog.ts";
import { type PartitionStates, partitionStates } from "../partitions/partition-states.ts";
import type { Database } from "../kernel/database.ts";
import { type BackfillAsset, openBackfillAssets, reachOf } from "./asset-scope.ts";
import { type BackfillPartitions, partitionsInWords, stateInWords } from "./format-backfill.ts";
import { staleWanted } from "./stale-wanted.ts";
import { assetStateRows } from "../assets/asset-state-store.ts";

export interface BackfillContext {
  readonly db: Database;
  readonly now: number;
}

/** Partitions by asset, upstream first; `[0, 1]` for an unpartitioned one. Assets without a partition to make are absent. */
export type WantedPartitions = ReadonlyMap<string, PartitionSubset>;

export function wantedPartitions(
  context: BackfillContext,
  input: { readonly assets: readonly string[]; readonly partitions: BackfillPartitions },
): Result<WantedPartitions> {
  const { partitions } = input;
  const catalog = catalogOf(context);
  const opened = openBackfillAssets(catalog, input.assets, context.now);
  if (!opened.ok) return opened;
  const assets = opened.value;
  if ((partitions.type === "keys" || partitions.type === "range") && assets.every(({ set }) => set === null))
    return refuse(
      "invalid_input",
      `Partitions were given (${partitionsInWords(partitions)}), but no selected asset is partitioned. Ask for all of it.`,
    );
  const reach = reachOf(catalog, { assets, partitions, now: context.now });
  if (!reach.ok) return reach;
  const { type } = partitions;
  const wanted = type === "stale" ? staleWanted(context, { assets, reach: reach.value }) : new Map<string, PartitionSubset>();
  if (type !== "stale") {
    for (const { key, set } of assets)
      if (set) wanted.set(key, intersection(reach.value.get(key) ?? [], ofState(context, { asset: key, set, type })));
    addUnpartitioned(context, { assets, partitions, wanted });
  }
  const some = new Map(assets.flatMap(({ key }) => ((wanted.get(key) ?? []).length > 0 ? [[key, wanted.get(key) ?? []] as const] : [])));
  if (some.size > 0) return ok(some);
  const what = assets.length === 1 ? (assets[0]?.key ?? "") : `the ${assets.length} selected assets`;
  return refuse("invalid_input", `There is nothing to do: no partition of ${what} is ${stateInWords(partitions)}.`);
}

function ofState(
  { db }: BackfillContext,
  { asset, set, type }: { readonly asset: string; readonly set: PartitionSet; readonly type: Exclude<BackfillPartitions["type"], "stale"> },
): PartitionSubset {
  switch (type) {
    case "all":
    case "range":
    case "keys":
      return [0, set.count];
    case "missing":
    case "failed":
    case "missing_or_failed":
      return select(partitionStates(db, asset, set), type);
    default:
      return assertNever(type);
  }
}

function select(states: PartitionStates, type: "missing" | "failed" | "missing_or_failed"): PartitionSubset {
  if (type === "missing_or_failed") return union(states.missing, states.failed);
  return type === "missing" ? states.missing : states.failed;
}

/** Adds the unpartitioned assets that are missing or failed, and those that read an asset the backfill makes. */
function addUnpartitioned(
  context: BackfillContext,
  input: {
    readonly assets: readonly BackfillAsset[];
    readonly partitions: BackfillPartitions;
    readonly wanted: Map<string, PartitionSubset>;
  },
): void {
  const { db } = context;
  const { graph } = catalogOf(context);
  const whole = input.assets.filter(({ set }) => set === null);
  const rows = assetStateRows(
    db,
    whole.map(({ key }) => key),
  );
  const always = !["missing", "failed", "missing_or_failed"].includes(input.partitions.type);
  for (const { key, node } of whole) {
    const row = rows.get(key);
    const failed = row !== undefined && row.failedAt !== null && input.partitions.type !== "missing";
    const missing = (row?.materializedAt ?? null) === null && !(row && row.failedAt !== null) && input.partitions.type !== "failed";
    const readsNew = [...graph.upstreamOf(node)].some((above) => (input.wanted.get(graph.keys[above] ?? "") ?? []).length > 0);
    if (always || failed || missing || readsNew) input.wanted.set(key, [0, 1]);
  }
}
