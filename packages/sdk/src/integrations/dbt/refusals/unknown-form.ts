/** Says which node of a manifest cannot be read, and the file it is in. Pure. */
import type { LoadError } from "@headgate/shared/manifest/schema.ts";
import { z } from "zod";

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
