/** Builds the definitions document: everything about the active definitions that runs do not change, as JSON that clients cache by hash. */
import type { DefinitionsAsset, DefinitionsDocument } from "@headgate/shared/contract/catalog/definitions.ts";
import { evaluateSelection } from "@headgate/shared/domain/selection/evaluate.ts";
import { parseSelection } from "@headgate/shared/domain/selection/parse.ts";
import { ok, refuse, type Result } from "@headgate/shared/domain/errors.ts";
import { type Catalog, catalogOf } from "./catalog.ts";
import { definitionsOf } from "./definition-store.ts";
import { readPictureSize, readPlaces } from "./layout-store.ts";
import type { Reader } from "../kernel/reader.ts";
import { mentionedOnly } from "./mentioned-asset.ts";

export function definitionsDocument(reader: Reader, hash: string): Result<string> {
  if (hash !== catalogOf(reader).hash)
    return refuse("not_found", `The definitions ${hash} are no longer active; ask for ${catalogOf(reader).hash}.`, {
      hash: catalogOf(reader).hash,
    });
  const catalog = catalogOf(reader);
  const size = readPictureSize(reader.db);
  const document: DefinitionsDocument = {
    hash,
    locations: catalog.versions.map((version) => ({ name: version.location, version: version.id })),
    assets: allAssets(reader, catalog),
    jobs: catalog.jobs.map((job) => ({ ...job, assetCount: countAssets(catalog, job) })),
    schedules: catalog.schedules,
    sensors: catalog.sensors,
    layout: { width: size?.width ?? 0, height: size?.height ?? 0, nodeWidth: size?.nodeWidth ?? 0, nodeHeight: size?.nodeHeight ?? 0 },
  };
  return ok(JSON.stringify(document));
}

function allAssets(reader: Reader, catalog: Catalog): DefinitionsDocument["assets"] {
  const { graph, checksByAsset } = catalog;
  const places = readPlaces(reader.db);
  const definitions = new Map<string, Omit<DefinitionsAsset, "checks" | "x" | "y" | "level">>();
  for (const version of catalog.versions) {
    for (const definition of definitionsOf(reader.db, version.no)) {
      // If two locations declare the asset, the declaration in the graph counts.
      if (graph.assets[graph.indexOf(definition.key)]?.location === definition.location) definitions.set(definition.key, definition);
    }
  }
  return graph.keys.toSorted().map((key) => {
    const place = places.get(key);
    const definition = definitions.get(key) ?? { ...mentionedOnly(key), location: "" };
    return { ...definition, checks: [...(checksByAsset.get(key) ?? [])], x: place?.x ?? 0, y: place?.y ?? 0, level: place?.level ?? 0 };
  });
}

function countAssets(catalog: Catalog, job: { readonly selection: string; readonly location: string }): number {
  const { graph } = catalog;
  const parsed = parseSelection(job.selection);
  const keys = parsed.ok ? evaluateSelection(parsed.value, graph) : parsed;
  if (!keys.ok) return 0;
  return keys.value.filter(
    (key) => graph.assets[graph.indexOf(key)]?.location === job.location && graph.isMaterializable(graph.indexOf(key)),
  ).length;
}
