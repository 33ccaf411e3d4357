/** The parts of dbt's manifest.json (version 12) that are read here; unknown and missing keys are tolerated, so dbt 1.8 to 2 fit. */
import { exactNumber } from "@headgate/shared/domain/value/exact-number.ts";
import { parseExact } from "@headgate/shared/domain/value/parse-exact.ts";
import { z } from "zod";

/** One setting of one node in a form that is not known must not refuse the project: such a value counts as absent. */
function lenient<T extends z.ZodType>(schema: T) {
  return schema.nullish().catch(undefined);
}

const strings = z.array(z.string());
const text = lenient(z.string());
const meta = lenient(z.record(z.string(), z.unknown()));

const column = z.object({ name: z.string(), description: text, data_type: text });

/** A record in dbt's manifest; kept as a list, because sorting the keys of a cached graph must not reorder a table's columns. */
const columns = lenient(z.union([z.array(column), z.record(z.string(), column).transform((record) => Object.values(record))]));

const config = lenient(
  z.object({
    schema: text,
    materialized: text,
    severity: text,
    incremental_strategy: text,
    full_refresh: lenient(z.boolean()),
    /** A seed has a number here: rows in one statement. */
    batch_size: text,
    begin: text,
    enabled: lenient(z.boolean()),
    meta,
    tags: lenient(z.union([strings, z.string()])),
  }),
);

const dependsOn = lenient(z.object({ nodes: strings.nullish() }));
const owner = lenient(z.object({ email: lenient(z.union([z.string(), strings])), name: text }));

const dbtNodeSchema = z.object({
  unique_id: z.string(),
  name: z.string(),
  resource_type: z.string(),
  package_name: z.string(),
  fqn: strings,
  path: z.string(),
  original_file_path: z.string(),
  alias: text,
  database: text,
  schema: text,
  version: lenient(z.union([z.string(), z.number()])),
  config,
  tags: lenient(strings),
  meta,
  group: text,
  description: text,
  columns,
  relation_name: text,
  raw_code: text,
  language: text,
  checksum: lenient(z.object({ checksum: text })),
  depends_on: dependsOn,
  attached_node: text,
});
export type DbtManifestNode = z.infer<typeof dbtNodeSchema>;

const freshnessTime = lenient(z.object({ count: lenient(z.number()), period: text }));

const dbtSourceSchema = z.object({
  unique_id: z.string(),
  name: z.string(),
  original_file_path: text,
  source_name: z.string(),
  database: text,
  schema: text,
  identifier: text,
  description: text,
  source_description: text,
  tags: lenient(strings),
  meta,
  config,
  columns,
  relation_name: text,
  loader: text,
  loaded_at_field: text,
  loaded_at_query: text,
  freshness: lenient(z.object({ warn_after: freshnessTime, error_after: freshnessTime })),
});

const exposure = z.object({
  unique_id: z.string(),
  name: z.string(),
  original_file_path: text,
  type: z.string(),
  label: text,
  url: text,
  description: text,
  tags: lenient(strings),
  meta,
  config,
  maturity: text,
  owner,
  depends_on: dependsOn,
});

/** A function, metric, semantic model or saved query: nothing of its own here, but lineage leads through it. */
const betweenSchema = z.object({ unique_id: z.string(), name: z.string(), fqn: lenient(strings), depends_on: dependsOn });
export type DbtBetween = z.infer<typeof betweenSchema>;

const group = z.object({ name: z.string(), owner });

export const dbtManifestSchema = z.object({
  metadata: z.object({ dbt_schema_version: text, project_name: text, adapter_type: text, dbt_version: text }),
  nodes: z.record(z.string(), dbtNodeSchema),
  sources: z.record(z.string(), dbtSourceSchema).default({}),
  exposures: z.record(z.string(), exposure).default({}),
  unit_tests: z.record(z.string(), dbtNodeSchema).default({}),
  groups: z.record(z.string(), group).default({}),
  functions: z.record(z.string(), betweenSchema).default({}),
  metrics: z.record(z.string(), betweenSchema).default({}),
  semantic_models: z.record(z.string(), betweenSchema).default({}),
  saved_queries: z.record(z.string(), betweenSchema).default({}),
});
export type DbtManifestSource = z.infer<typeof dbtSourceSchema>;
export type DbtManifest = z.infer<typeof dbtManifestSchema>;

export function severityOf(test: DbtManifestNode): "warn" | "error" {
  return (test.config?.severity ?? "error").toLowerCase() === "warn" ? "warn" : "error";
}

/** The setting of the model comes before what the run asks for. */
export function isEmptiedByRun(node: DbtManifestNode, isFullRefresh: boolean): boolean {
  return node.config?.materialized === "incremental" && (node.config.full_refresh ?? isFullRefresh);
}

export function isMicrobatch(node: DbtManifestNode): boolean {
  return node.config?.materialized === "incremental" && node.config.incremental_strategy === "microbatch";
}

/** `meta` may hold what YAML writes and JSON cannot: NaN, the infinities, long integers. They become text. The slow way is taken only for such. */
export function parseManifest(text: string): unknown {
  if (!/[[:,]\s*(?:-?\d{16}|NaN|-?Infinity)/.test(text)) return JSON.parse(text);
  return parseExact(text, (written) => exactNumber(written).value);
}
