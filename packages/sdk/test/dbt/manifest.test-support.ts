/** A manifest of dbt in few words, for decisions that need no dbt. */
import { mapAssets, type MapOptions } from "../../src/integrations/dbt/graph/asset-keys.ts";
import { dbtManifestSchema, type DbtManifest } from "../../src/integrations/dbt/graph/dbt-manifest.ts";
import { describeProject } from "../../src/integrations/dbt/graph/describe.ts";

interface Entry {
  readonly deps?: readonly string[];
  readonly table?: string;
  readonly schema?: string;
  readonly meta?: Readonly<Record<string, unknown>>;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly attached?: string;
  readonly package?: string;
  readonly name?: string;
  readonly description?: string;
  /** Other fields, e.g. where its table is: database, schema, alias or identifier. */
  readonly stored?: Readonly<Record<string, unknown>>;
}

/** Keys are unique ids: `model.shop.orders`, `source.shop.raw.orders`, `test.shop.is_unique`, `exposure.shop.board`. */
export function manifestOf(entries: Readonly<Record<string, Entry>>): DbtManifest {
  const kinds: Record<string, Record<string, unknown>> = {};
  const places: Readonly<Record<string, string>> = {
    source: "sources",
    exposure: "exposures",
    unit_test: "unit_tests",
    function: "functions",
    metric: "metrics",
    semantic_model: "semantic_models",
    saved_query: "saved_queries",
  };
  for (const [id, entry] of Object.entries(entries)) {
    const [type = "", packageName = "", ...rest] = id.split(".");
    const kind = (kinds[places[type] ?? "nodes"] ??= {});
    kind[id] = {
      unique_id: id,
      name: entry.name ?? rest.at(-1),
      description: entry.description ?? "",
      ...entry.stored,
      resource_type: type,
      package_name: entry.package ?? packageName,
      fqn: [packageName, ...rest],
      path: `${rest.join("/")}.sql`,
      original_file_path: `models/${rest.join("/")}.${type === "source" ? "yml" : "sql"}`,
      source_name: rest[0],
      type: "dashboard",
      relation_name: entry.table ?? null,
      attached_node: entry.attached ?? null,
      depends_on: { nodes: entry.deps ?? [] },
      config: { schema: entry.schema ?? null, materialized: type === "model" ? "table" : null, meta: entry.meta ?? {}, ...entry.config },
    };
  }
  return dbtManifestSchema.parse({ metadata: { project_name: "shop" }, nodes: {}, ...kinds });
}

/** One model of the project `shop`. */
export const model = (id: string, deps: readonly string[] = [], more = {}) => ({ [`model.shop.${id}`]: { deps, ...more } });

/** What is described of it, in few words. */
export function describeManifest(manifest: DbtManifest, selected: ReadonlySet<string> | null = null, options: MapOptions = {}) {
  const map = mapAssets({ manifest, selected }, () => undefined, options);
  const described = describeProject({
    unit: "dbt:shop",
    map,
    manifest,
    selected,
    folders: [],
    env: [],
    retry: undefined,
    timeoutSeconds: undefined,
    pool: undefined,
    translate: () => ({}),
    partitions: () => undefined,
  });
  const lineage = Object.fromEntries(
    described.description.assets.map(({ key, deps = [] }) => [key, deps.map((dep) => dep.key).toSorted()]),
  );
  const checks = described.description.checks.map(({ asset, name, blocking }) => `${asset}:${name}${blocking ? " blocking" : ""}`);
  return {
    map,
    lineage,
    checks: checks.toSorted(),
    errors: described.errors.map((error) => error.message),
    description: described.description,
  };
}
