/** Finds the partitions definition of a job. */
import { ok, type Result } from "@headgate/shared/domain/errors.ts";
import type { PartitionsDefinition } from "@headgate/shared/domain/partitions/definition.ts";
import type { Catalog } from "../../catalog/catalog.ts";
import { partitionedAssetsOf } from "./resolve-target.ts";

type Definition = Result<PartitionsDefinition | undefined>;
const definitions = new WeakMap<Catalog, Map<string, Definition>>();

/** Undefined if the job is not partitioned. Cached with the catalog, because every tick needs it. */
export function partitionsOfJob(catalog: Catalog, target: { readonly job: string; readonly location: string }): Definition {
  const known = definitions.get(catalog) ?? new Map<string, Definition>();
  definitions.set(catalog, known);
  const id = JSON.stringify([target.location, target.job]);
  const before = known.get(id);
  if (before) return before;
  const assets = partitionedAssetsOf(catalog, target);
  const [first] = assets.ok ? assets.value : [];
  const found: Definition = assets.ok
    ? ok(first === undefined ? undefined : catalog.graph.assets[catalog.graph.indexOf(first)]?.partitions)
    : assets;
  known.set(id, found);
  return found;
}
