/** Checks that jobs can be launched: their selection is valid, and their assets have a partition that one run can make. */
import { buildAssetGraph } from "../domain/asset-graph.ts";
import { ok, refuse, type Result } from "../domain/errors.ts";
import { canonicalJson } from "../domain/json.ts";
import { haveCommonKey } from "../domain/partitions/common-key.ts";
import type { PartitionsDefinition } from "../domain/partitions/definition.ts";
import { evaluateSelection } from "../domain/selection/evaluate.ts";
import { parseSelection } from "../domain/selection/parse.ts";
import type { Manifest } from "./schema.ts";

export function checkJobs(manifest: Manifest): Result<null> {
  const partitioned = new Map(
    manifest.assets.flatMap(({ key, unit, partitions }) => (unit !== null && partitions ? [[key, partitions] as const] : [])),
  );
  const graph = buildAssetGraph(manifest.assets.map((asset) => ({ ...asset, location: manifest.location })));
  for (const job of manifest.jobs) {
    const parsed = parseSelection(job.selection);
    if (!parsed.ok)
      return refuse("invalid_selection", `The selection of job '${job.name}' is not valid: ${parsed.error.message}`, {
        ...parsed.error.details,
        job: job.name,
      });
    const selected = partitioned.size < 2 ? ok([]) : evaluateSelection(parsed.value, graph);
    // A key of another code location is not known here.
    if (!selected.ok) continue;
    const apart = withoutCommonKey(selected.value, partitioned);
    if (apart)
      return refuse(
        "invalid_input",
        `Job '${job.name}' can never be launched: ${apart[0]} and ${apart[1]} have no partition in common, and one run makes the same partition of all its assets. Define a job for each, or leave one out of the selection.`,
        { job: job.name, assets: apart },
      );
  }
  return ok(null);
}

function withoutCommonKey(
  assets: readonly string[],
  partitioned: ReadonlyMap<string, PartitionsDefinition>,
): readonly [string, string] | null {
  const distinct = new Map<string, { readonly key: string; readonly definition: PartitionsDefinition }>();
  for (const key of assets) {
    const definition = partitioned.get(key);
    if (definition) distinct.set(canonicalJson(definition), { key, definition });
  }
  const [first, ...others] = distinct.values();
  const other = first && others.find(({ definition }) => !haveCommonKey(first.definition, definition));
  return first && other ? [first.key, other.key] : null;
}
