/** Makes the run of one slice of a backfill: the assets and partitions are frozen, the plan uses the active definitions. */
import { refuse, type Result } from "@headgate/shared/domain/errors.ts";
import type { BackfillSlices } from "@headgate/shared/domain/run/backfill-slices.ts";
import type { BackfillRow } from "./backfill-store.ts";
import type { Tx } from "../kernel/tx.ts";
import { createRun } from "../runs/launch/create-run.ts";
import { planAssets } from "../runs/launch/resolve-target.ts";
import { catalogOf } from "../catalog/catalog.ts";

const MAX_NAMED_ASSETS = 20;

/** Returns the number of the run, or a refusal. Its message names no partition, so that many slices share one message. */
export function startSlice(tx: Tx, row: BackfillRow, at: { readonly plan: BackfillSlices; readonly slice: number }): Result<number> {
  const slice = at.plan.slices[at.slice];
  const assets = at.plan.groups[slice?.group ?? -1];
  if (!slice || !assets) return refuse("internal", "The backfill's plan has no such part.");
  const catalog = catalogOf(tx);
  const { graph } = catalog;
  const gone = assets.find((key) => !graph.isMaterializable(graph.indexOf(key)));
  if (gone !== undefined)
    return refuse("conflict", `${gone} is no longer defined: a version published after the backfill began removed it.`, { asset: gone });
  const changed = assets.find((key) => (graph.assets[graph.indexOf(key)]?.partitions !== undefined) !== (slice.partition !== null));
  if (changed !== undefined)
    return refuse(
      "conflict",
      `${changed} ${slice.partition === null ? "is" : "is no longer"} partitioned since a version published after the backfill began.`,
      {
        asset: changed,
      },
    );
  const resolved = planAssets(catalog, {
    job: null,
    selection: assets.length <= MAX_NAMED_ASSETS ? assets.map((key) => `key:"${key}"`).join(" or ") : row.selection,
    assets,
    external: [],
    partition: slice.partition,
    isStored: true,
    checksOnly: false,
    now: tx.now,
  });
  if (!resolved.ok) return resolved.error.code === "not_found" ? noSuchPartition(resolved.error.details) : resolved;
  if (resolved.value.partition && resolved.value.partition.key !== slice.partition) return noSuchPartition();
  return createRun(tx, {
    resolved: resolved.value,
    trigger: { type: "backfill", backfill: row.id, by: row.createdBy },
    given: {
      tags: row.tags,
      config: row.config === null ? undefined : (JSON.parse(row.config) as unknown),
      priority: row.priority,
    },
    parent: null,
    backfill: { no: row.no, slice: at.slice },
    chain: row.chain,
  });
}

function noSuchPartition(details?: unknown): Result<never> {
  const asset = typeof details === "object" && details !== null && "asset" in details ? String(details.asset) : "One of its assets";
  return refuse("conflict", `${asset} does not have these partitions any more.`);
}
