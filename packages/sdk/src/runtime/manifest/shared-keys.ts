/** Says which keys of a location stand for several tables, each named by another unit. Pure. */
import type { ManifestAsset } from "@headgate/shared/manifest/schema.ts";
import { tableOf } from "../../values/relation.ts";

/** A warning and no refusal: two sources may have one key on purpose, because one loader fills both tables. */
export function sharedKeys(assets: readonly ManifestAsset[]): string[] {
  const tables = new Map<string, Map<string, string>>();
  for (const { key, unit, relation } of assets) {
    if (relation === undefined) continue;
    const known = tables.get(key) ?? new Map<string, string>();
    const table = tableOf(relation);
    if (!known.has(table)) known.set(table, unit === null ? table : `${table} (${unit})`);
    tables.set(key, known);
  }
  return [...tables]
    .filter(([, known]) => known.size > 1)
    .map(
      ([key, known]) =>
        `The asset key "${key}" stands for ${known.size} tables: ${[...known.values()].join(" and ")}. They share lineage, checks and history. If they are not one thing, give one of them another key, with asset_key in its meta or with translate.`,
    );
}
