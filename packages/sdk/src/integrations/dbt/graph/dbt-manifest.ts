/** The parts of dbt's manifest.json (version 12) that are read here; unknown and missing keys are tolerated, so dbt 1.8 to 2 fit. */
import { z } from "zod";

const meta = z.record(z.string(), z.unknown()).nullish();
const strings = z.array(z.string());

const column = z.object({
  name: z.string(),
  description: z.string().nullish(),
  data_type: z.string().nullish(),
});

/** A record in dbt's manifest; kept as a list, because sorting the keys of a cached graph must not reorder a table's columns. */
const columns = z.union([z.array(column), z.record(z.string(), column).transform((record) => Object.values(record))]).nullish();

const config = z.object({
  schema: z.string().nullish(),
  materialized: z.string().nullish(),
  severity: z.string().nullish(),
  incremental_strategy: z.string().nullish(),
  batch_size: z.string().nullish(),
  begin: z.string().nullish(),
  enabled: z.boolean().nullish(),
  meta,
  tags: z.union([strings, z.string()]).nullish(),
});

const dependsOn = z.object({ nodes: strings.nullish() }).nullish();

const dbtNodeSchema = z.object({
  unique_id: z.string(),
  name: z.string(),
  resource_type: z.string(),
  package_name: z.string(),
  fqn: strings,
  path: z.string(),
  original_file_path: z.string(),
  alias: z.string().nullish(),
  version: z.union([z.string(), z.number()]).nullish(),
  config: config.nullish(),
  tags: strings.nullish(),
  meta,
  group: z.string().nullish(),
  description: z.string().nullish(),
  columns,
  relation_name: z.string().nullish(),
  raw_code: z.string().nullish(),
  language: z.string().nullish(),
  checksum: z.object({ checksum: z.string().nullish() }).nullish(),
  depends_on: dependsOn,
  attached_node: z.string().nullish(),
});
export type DbtManifestNode = z.infer<typeof dbtNodeSchema>;

/** Their checksum is a text. */
const unitTestSchema = dbtNodeSchema.extend({
  checksum: z
    .unknown()
    .transform(() => undefined)
    .optional(),
});

const freshnessTime = z.object({ count: z.number().nullish(), period: z.string().nullish() }).nullish();

const dbtSourceSchema = z.object({
  unique_id: z.string(),
  name: z.string(),
  source_name: z.string(),
  description: z.string().nullish(),
  source_description: z.string().nullish(),
  tags: strings.nullish(),
  meta,
  config: config.nullish(),
  columns,
  relation_name: z.string().nullish(),
  loader: z.string().nullish(),
  loaded_at_field: z.string().nullish(),
  loaded_at_query: z.string().nullish(),
  freshness: z.object({ warn_after: freshnessTime, error_after: freshnessTime }).nullish(),
});

const exposure = z.object({
  unique_id: z.string(),
  name: z.string(),
  type: z.string(),
  label: z.string().nullish(),
  url: z.string().nullish(),
  description: z.string().nullish(),
  tags: strings.nullish(),
  meta,
  config: config.nullish(),
  maturity: z.string().nullish(),
  owner: z.object({ email: z.union([z.string(), strings]).nullish(), name: z.string().nullish() }).nullish(),
  depends_on: dependsOn,
});

const group = z.object({
  name: z.string(),
  owner: z.object({ email: z.union([z.string(), strings]).nullish(), name: z.string().nullish() }).nullish(),
});

export const dbtManifestSchema = z.object({
  metadata: z.object({
    dbt_schema_version: z.string().nullish(),
    project_name: z.string().nullish(),
    adapter_type: z.string().nullish(),
    dbt_version: z.string().nullish(),
  }),
  nodes: z.record(z.string(), dbtNodeSchema),
  sources: z.record(z.string(), dbtSourceSchema).default({}),
  exposures: z.record(z.string(), exposure).default({}),
  unit_tests: z.record(z.string(), unitTestSchema).default({}),
  groups: z.record(z.string(), group).default({}),
});
export type DbtManifestSource = z.infer<typeof dbtSourceSchema>;
export type DbtManifest = z.infer<typeof dbtManifestSchema>;

export function isMicrobatch(node: DbtManifestNode): boolean {
  return node.config?.materialized === "incremental" && node.config.incremental_strategy === "microbatch";
}
