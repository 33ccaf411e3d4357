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
    manifest.assets.flatMap(({ key, unit, partitions }): [string, Partitioned][] =>
      unit !== null && partitions ? [[key, { key, definition: partitions, id: canonicalJson(partitions) }]] : [],
    ),
  );
  const graph = partitioned.size < 2 ? null : buildAssetGraph(manifest.assets.map((asset) => ({ ...asset, location: manifest.location })));
  for (const job of manifest.jobs) {
    const parsed = parseSelection(job.selection);
    if (!parsed.ok)
      return refuse("invalid_selection", `The selection of job '${job.name}' is not valid: ${parsed.error.message}`, {
        ...parsed.error.details,
        job: job.name,
      });
    if (graph === null) continue;
    const selected = evaluateSelection(parsed.value, graph);
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

interface Partitioned {
  readonly key: string;
  readonly definition: PartitionsDefinition;
  /** The same for equal definitions. */
  readonly id: string;
}

function withoutCommonKey(assets: readonly string[], partitioned: ReadonlyMap<string, Partitioned>): readonly [string, string] | null {
  const distinct = new Map<string, Partitioned>();
  for (const key of assets) {
    const found = partitioned.get(key);
    if (found) distinct.set(found.id, found);
  }
  const [first, ...others] = distinct.values();
  const other = first && others.find(({ definition }) => !haveCommonKey(first.definition, definition));
  return first && other ? [first.key, other.key] : null;
}
