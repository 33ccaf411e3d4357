/** Which partition does a launch of partitioned assets mean? The given one if every asset has it, otherwise the latest that all have. */
import { describeKeys, latestKey, openPartitions, type PartitionSet } from "@headgate/shared/domain/partitions/partition-set.ts";
import { ok, refuse, type Result } from "@headgate/shared/domain/errors.ts";
import { canonicalJson } from "@headgate/shared/domain/json.ts";
import type { Catalog } from "../catalog.ts";

export interface ChosenPartition {
  readonly key: string;
  readonly chosen: "given" | "latest";
}

export function choosePartition(
  catalog: Catalog,
  input: { readonly assets: readonly string[]; readonly given: string | null; readonly now: number },
): Result<ChosenPartition | null> {
  if (input.assets.length === 0) {
    return input.given === null
      ? ok(null)
      : refuse("invalid_input", `Partition "${input.given}" was given, but no selected asset is partitioned. Leave the partition out.`);
  }
  const sets = openDistinct(catalog, input);
  if (!sets.ok) return sets;
  const [first] = sets.value;
  if (!first) return ok(null);
  const key = input.given ?? latestKey(first.set);
  if (key === null) return refuse("invalid_input", `${first.asset} has no partitions yet, so there is none to materialize.`);
  for (const { asset, set } of sets.value) {
    if (set.numberOf(key) >= 0) continue;
    if (input.given === null) {
      return refuse(
        "invalid_input",
        `${first.asset} and ${asset} are partitioned differently (${asset} has no partition "${key}"). Select them one after the other, or give a partition both have.`,
        {
          assets: [first.asset, asset],
        },
      );
    }
    return refuse("not_found", `${asset} has no partition "${key}". ${describeKeys(set)}`, { asset, partition: key });
  }
  return ok({ key, chosen: input.given === null ? "latest" : "given" });
}

/** One set per distinct definition: a thousand daily assets are opened once. */
function openDistinct(
  catalog: Catalog,
  input: { readonly assets: readonly string[]; readonly now: number },
): Result<{ readonly asset: string; readonly set: PartitionSet }[]> {
  const seen = new Set<string>();
  const sets: { asset: string; set: PartitionSet }[] = [];
  for (const asset of input.assets) {
    const definition = catalog.graph.assets[catalog.graph.indexOf(asset)]?.partitions;
    if (definition === undefined) continue;
    const text = canonicalJson(definition);
    if (seen.has(text)) continue;
    seen.add(text);
    const set = openPartitions(definition, { now: input.now });
    if (!set.ok) return set;
    sets.push({ asset, set: set.value });
  }
  return ok(sets);
}
