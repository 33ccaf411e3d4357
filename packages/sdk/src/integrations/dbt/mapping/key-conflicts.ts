/** Says which things of a dbt project have one asset key although they are several tables. Pure. */
import type { LoadError } from "@headgate/shared/manifest/schema.ts";
import { tableOf } from "../../../values/relation.ts";
import type { DbtAssetMap } from "../graph/asset-keys.ts";
import type { DbtManifest } from "../graph/dbt-manifest.ts";

interface Thing {
  readonly id: string;
  readonly key: string;
}

/** `sources` and `exposures`: those that are shown as assets. */
export function keyConflicts(input: {
  readonly manifest: DbtManifest;
  readonly map: DbtAssetMap;
  readonly sources: readonly Thing[];
  readonly exposures: readonly Thing[];
}): LoadError[] {
  const { manifest, map } = input;
  const errors = map.duplicates.map(({ key, first, second }) => conflict(manifest, key, [first, second]));
  const taken = new Map<string, string>([...map.nodes].map(([key, node]) => [key, node.unique_id]));
  const take = ({ id, key }: Thing, isSame: (other: string) => boolean): void => {
    const other = taken.get(key);
    if (other === undefined) taken.set(key, id);
    else if (!isSame(other)) errors.push(conflict(manifest, key, [other, id]));
  };
  for (const source of input.sources)
    take(source, (other) => (other in manifest.sources ? areOneSource(input, other, source.id) : map.makers.get(source.id) === other));
  for (const exposure of input.exposures) take(exposure, () => false);
  return errors;
}

/** People give several sources one key on purpose, where one loader fills them all. */
function areOneSource({ manifest, map }: { manifest: DbtManifest; map: DbtAssetMap }, first: string, second: string): boolean {
  const [a, b] = [map.given.get(first), map.given.get(second)];
  if (a === undefined || b === undefined || a.text !== b.text) return false;
  return (a.explicit && b.explicit) || isOneTable(manifest, [first, second]);
}

function conflict(manifest: DbtManifest, key: string, ids: readonly [string, string]): LoadError {
  const [first, second] = ids.map((id) => shown(manifest, id));
  const segments = [...key.split("/").slice(0, -1), `${key.split("/").at(-1) ?? ""}_2`].join(", ");
  const selfReading = ids.some((id) => id in manifest.sources) && ids.some((id) => id in manifest.nodes) && isOneTable(manifest, ids);
  return {
    kind: "project",
    message: `Two things of the dbt project have the asset key "${key}": ${first} and ${second}.${selfReading ? " They are one table, which the model reads itself." : ""}`,
    hint: `Give one of them another key in its YAML: config: {meta: {headgate: {asset_key: [${segments}]}}}. Or return a key for it in translate.`,
  };
}

function isOneTable(manifest: DbtManifest, ids: readonly string[]): boolean {
  const tables = ids.map((id) => (manifest.nodes[id] ?? manifest.sources[id])?.relation_name);
  return tables.every((table) => table != null && tableOf(table) === tableOf(tables[0] ?? ""));
}

function shown(manifest: DbtManifest, id: string): string {
  const file = (manifest.nodes[id] ?? manifest.sources[id] ?? manifest.exposures[id])?.original_file_path;
  return file ? `${id} (${file})` : id;
}
