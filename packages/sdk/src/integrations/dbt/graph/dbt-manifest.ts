/** The parts of dbt's manifest.json (version 12) that are read here; unknown and missing keys are tolerated, so dbt 1.8 to 2 fit. */
import type { LoadError } from "@headgate/shared/manifest/schema.ts";
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

/** Adapters and packages give the same names to settings of their own: `batch_size` of a seed is a number. Another type says nothing. */
function ifAs<T>(type: z.ZodType<T>) {
  return type.nullish().catch(undefined);
}

const config = z.object({
  schema: ifAs(z.string()),
  materialized: ifAs(z.string()),
  severity: ifAs(z.string()),
  incremental_strategy: ifAs(z.string()),
  batch_size: ifAs(z.string()),
  begin: ifAs(z.string()),
  enabled: ifAs(z.boolean()),
  meta: meta.catch(undefined),
  tags: ifAs(z.union([strings, z.string()])),
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

const KNOWN_VERSION = /\/manifest\/v12\.json$/;
const nodeIn = z.object({ original_file_path: z.string().optional() }).catch({});
const metadataIn = z.object({ metadata: z.object({ dbt_schema_version: z.string(), dbt_version: z.string() }) });

/** Names the node and its file. The version of dbt is the matter only where the manifest says that it has another form. */
export function unknownForm(written: unknown, error: z.ZodError, shownDir: string): LoadError {
  const [issue] = error.issues;
  const [kind, id, ...field] = issue?.path ?? [];
  const nodes = z.record(z.string(), z.record(z.string(), z.unknown()).catch({})).catch({}).parse(written);
  const file = nodeIn.parse(nodes[String(kind)]?.[String(id)]).original_file_path;
  const known = metadataIn.safeParse(written);
  const other = known.success && !KNOWN_VERSION.test(known.data.metadata.dbt_schema_version);
  const place = id === undefined ? String(kind ?? "the manifest") : `${field.map(String).join(".")} of ${String(id)}`;
  return {
    kind: "project",
    message: `The dbt project in "${shownDir}" cannot be read. In the manifest that dbt wrote, ${place} has an unknown form: ${issue?.message ?? "malformed"}`,
    ...(file !== undefined && { file: `${shownDir}/${file}` }),
    hint: other
      ? `dbt ${known.data.metadata.dbt_version} writes manifests of another form. Install a dbt-core version from 1.8 on, below 1.12.`
      : `Correct ${field.length > 0 ? field.map(String).join(".") : "it"} in ${file ?? "the YAML of the project"}.`,
  };
}
