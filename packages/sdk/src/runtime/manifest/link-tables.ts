/** An external table (a dbt source) that another definition of the location makes is that asset, whatever its key. Pure. */
import type { ManifestAsset } from "@headgate/shared/manifest/schema.ts";
import { tableOf } from "../../values/relation.ts";
import { findAssetCycle } from "./check-graph.ts";

/**
 * `watched`: keys with a check or a definition of their own, which stay what they are. Where several assets
 * make the table, or one that reads it, nothing is linked.
 */
export function linkTables(assets: readonly ManifestAsset[], watched: ReadonlySet<string>): ManifestAsset[] {
  const makers = new Map<string, string[]>();
  for (const { unit, observable, relation, key } of assets) {
    if (unit === null || observable === true || relation === undefined) continue;
    makers.set(tableOf(relation), [...(makers.get(tableOf(relation)) ?? []), key]);
  }
  let linked = [...assets];
  for (const { key, unit, relation, source } of assets) {
    if (unit !== null || relation === undefined || source !== undefined || watched.has(key)) continue;
    const [maker, ...others] = makers.get(tableOf(relation)) ?? [];
    if (maker === undefined || others.length > 0 || maker === key) continue;
    const next = linked.filter((asset) => asset.key !== key).map((asset) => withDep(asset, key, maker));
    if (findAssetCycle(next) === null) linked = next;
  }
  return linked;
}

function withDep(asset: ManifestAsset, from: string, to: string): ManifestAsset {
  if (!asset.deps.some((dep) => dep.key === from)) return asset;
  const kept = asset.deps.filter((dep) => dep.key !== from);
  return { ...asset, deps: kept.some((dep) => dep.key === to) ? kept : [...kept, { key: to }] };
}
