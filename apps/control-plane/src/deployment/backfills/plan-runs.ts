/** Plans the runs of a backfill with the definitions and policies of this deployment. */
import { ok, type Result } from "@headgate/shared/domain/errors.ts";
import { planBackfill } from "@headgate/shared/domain/run/backfill.ts";
import { type BackfillSlices, numberSlices } from "@headgate/shared/domain/run/backfill-slices.ts";
import { readDefinition } from "../catalog/definition-store.ts";
import { openBackfillAssets } from "./asset-scope.ts";
import type { BackfillContext, WantedPartitions } from "./wanted-partitions.ts";
import { catalogOf } from "../catalog/catalog.ts";

export function planRuns(
  context: BackfillContext,
  input: {
    readonly wanted: WantedPartitions;
    /** Null puts all adjacent partitions into one run. If absent, the assets' backfill policies decide; the default is 1. */
    readonly partitionsPerRun: number | null | undefined;
  },
): Result<BackfillSlices> {
  const catalog = catalogOf(context);
  const { wanted, partitionsPerRun } = input;
  const opened = openBackfillAssets(catalog, [...wanted.keys()], context.now);
  if (!opened.ok) return opened;
  const sets = new Map(opened.value.map(({ key, set }) => [key, set]));
  const runs = planBackfill({
    graph: catalog.graph,
    assets: [...wanted.keys()],
    partitionsOf: (asset) => sets.get(asset) ?? null,
    wanted: (asset) => wanted.get(asset) ?? [],
    partitionsPerRun: partitionsPerRun === undefined ? (asset) => policyOf(context, asset) : (partitionsPerRun ?? Infinity),
  });
  return runs.ok ? ok(numberSlices(runs.value)) : runs;
}

function policyOf(context: BackfillContext, asset: string): number {
  const { graph, versionOf } = catalogOf(context);
  const version = versionOf.get(graph.assets[graph.indexOf(asset)]?.location ?? "");
  const policy = version && readDefinition(context.db, version.no, asset)?.backfill;
  return policy ? (policy.maxPartitionsPerRun ?? Infinity) : 1;
}
