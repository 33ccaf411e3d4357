/** A dbt model, seed, snapshot or source as the functions of `dbtAssets` see it. */
import { isMicrobatch, type DbtManifest, type DbtManifestNode } from "./dbt-manifest.ts";

/** What the callbacks of `dbtAssets` (`group`, `translate`, `partitions`) receive. */
export interface DbtNode {
  /** `model.medallion.dim_customer`. */
  readonly uniqueId: string;
  /** dbt's name of the node. */
  readonly name: string;
  /** File that defines it, relative to the dbt project or package. */
  readonly path: string;
  /** What kind of node it is. */
  readonly resourceType: "model" | "seed" | "snapshot" | "source";
  /** The schema as configured, without the target's prefix; null when none is configured. */
  readonly schema: string | null;
  /** Database of its table. */
  readonly database: string | null;
  /** Schema of its table in the database, with the target's prefix. */
  readonly databaseSchema: string | null;
  /** Name of its table or view in the database. */
  readonly alias: string;
  /** Project, folders, name. */
  readonly fqn: readonly string[];
  /** dbt's tags. */
  readonly tags: readonly string[];
  /** `meta` of the node's configuration. */
  readonly meta: Readonly<Record<string, unknown>>;
  /** The dbt group. */
  readonly group: string | null;
  /** `view`, `table`, `incremental`, `seed`, `snapshot`...; null for a source. */
  readonly materialized: string | null;
  /** From its YAML; empty when there is none. */
  readonly description: string;
  /** Fully qualified name of its table or view; null when it has none. */
  readonly relation: string | null;
  /** Batches of an incremental model with the strategy `microbatch`; null for other nodes. */
  readonly microbatch: { readonly begin: string; readonly batchSize: string } | null;
}

export function nodeOf(node: DbtManifestNode): DbtNode {
  const resourceType = node.resource_type === "seed" || node.resource_type === "snapshot" ? node.resource_type : "model";
  return {
    uniqueId: node.unique_id,
    name: node.resource_type === "model" && node.version != null ? (node.alias ?? node.name) : node.name,
    path: node.original_file_path,
    resourceType,
    schema: node.config?.schema ?? null,
    database: node.database ?? null,
    databaseSchema: node.schema ?? null,
    alias: node.alias ?? node.name,
    fqn: node.fqn,
    tags: node.tags ?? [],
    meta: { ...node.meta, ...node.config?.meta },
    group: node.group ?? null,
    materialized: node.config?.materialized ?? null,
    description: node.description ?? "",
    relation: node.relation_name ?? null,
    microbatch:
      isMicrobatch(node) && node.config?.begin && node.config.batch_size
        ? { begin: node.config.begin, batchSize: node.config.batch_size }
        : null,
  };
}

export function sourceOf(source: DbtManifest["sources"][string]): DbtNode {
  return {
    uniqueId: source.unique_id,
    name: source.name,
    path: source.original_file_path ?? "",
    resourceType: "source",
    schema: source.source_name,
    database: source.database ?? null,
    databaseSchema: source.schema ?? null,
    alias: source.identifier ?? source.name,
    fqn: [source.source_name, source.name],
    tags: source.tags ?? [],
    meta: { ...source.meta, ...source.config?.meta },
    group: null,
    materialized: null,
    description: source.description || source.source_description || "",
    relation: source.relation_name ?? null,
    microbatch: null,
  };
}

/** `meta.headgate.<name>`, else `meta.dagster.<name>`. */
export function metaOption(node: DbtNode, name: string): unknown {
  for (const owner of ["headgate", "dagster"]) {
    const options = node.meta[owner];
    if (options !== null && typeof options === "object" && name in options) return (options as Record<string, unknown>)[name];
  }
  return undefined;
}

/** Texts out of a value that may be a text, a list or nothing. */
export function texts(value: unknown): string[] {
  if (typeof value === "string") return value === "" ? [] : [value];
  return Array.isArray(value) ? value.filter((entry) => typeof entry === "string") : [];
}
