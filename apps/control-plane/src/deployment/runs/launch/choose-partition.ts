/** Chooses the partition of a launch: the given key or range, or else the latest one. Every partitioned asset must have it. */
import { LAST, resolvePartitions } from "@headgate/shared/domain/partitions/named.ts";
import {
  describeKeys,
  latestKey,
  parsePartitionRange,
  type PartitionSet,
  RANGE_SEPARATOR,
} from "@headgate/shared/domain/partitions/partition-set.ts";
import { countOf, type PartitionSubset } from "@headgate/shared/domain/partitions/subset.ts";
import { ok, refuse, type Result } from "@headgate/shared/domain/errors.ts";
import { canonicalJson } from "@headgate/shared/domain/json.ts";
import { shortened } from "@headgate/shared/domain/shortened.ts";
import type { Catalog } from "../../catalog/catalog.ts";
import { partitionText } from "../../partitions/partition-text.ts";
import { isRange } from "../../assets/record-partition.ts";

export interface ChosenPartition {
  readonly key: string;
  readonly chosen: "given" | "latest";
}

export function choosePartition(
  catalog: Catalog,
  input: {
    readonly assets: readonly string[];
    readonly given: string | null;
    /** The partition comes from a stored run: a range over several dimensions then follows the order of the partitions. */
    readonly isStored: boolean;
    readonly now: number;
  },
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
  if (input.given !== null) return givenPartition(sets.value, { ...input, given: input.given });
  const key = latestKey(first.set);
  if (key === null) return refuse("invalid_input", `${first.asset} has no partitions yet, so there is none to materialize.`);
  const other = sets.value.find(({ set }) => set.numberOf(key) < 0);
  if (!other) return ok({ key, chosen: "latest" });
  return refuse(
    "invalid_input",
    `${first.asset} and ${other.asset} are partitioned differently (${other.asset} has no partition "${key}"). Select them one after the other, or give a partition both have.`,
    { assets: [first.asset, other.asset] },
  );
}

interface OpenSet {
  readonly asset: string;
  readonly set: PartitionSet;
}

/** `given` is a key, `last`, or a range `first...last`. Every asset must have all of it, because one run makes it. */
function givenPartition(
  sets: readonly OpenSet[],
  { given, isStored, now }: { readonly given: string; readonly isStored: boolean; readonly now: number },
): Result<ChosenPartition | null> {
  let chosen: { readonly key: string; readonly count: number } | null = null;
  for (const { asset, set } of sets) {
    const text: string = chosen?.key ?? given;
    const subset: Result<PartitionSubset> =
      isRange(text) && !(set.dimensions && (isStored || chosen)) ? resolvePartitions(set, text, now) : onePartition(set, text);
    if (!subset.ok && subset.error.code === "not_found")
      return refuse("not_found", `${asset} has no partition "${unknownPart(set, text)}". ${describeKeys(set)}`, { asset, partition: text });
    if (!subset.ok) return subset;
    const [from = 0, to = 1]: readonly number[] = subset.value;
    if (subset.value.length > 2) return refuseScattered(asset, text, countOf(subset.value));
    if (chosen && chosen.count !== to - from)
      return refuse(
        "invalid_input",
        `"${given}" stands for ${chosen.count} partitions of ${sets[0]?.asset} but ${to - from} of ${asset}. Launch the two one after the other, or start a backfill.`,
        { assets: [sets[0]?.asset, asset] },
      );
    chosen ??= { key: partitionText(set, from, to), count: to - from };
  }
  return ok(chosen && { key: chosen.key, chosen: "given" });
}

function refuseScattered(asset: string, text: string, count: number): Result<never> {
  const [first = "", last = ""] = text.split(RANGE_SEPARATOR).map((key) => shortened(key));
  return refuse(
    "invalid_input",
    `"${shortened(text)}" stands for ${count} partitions of ${asset} that are not adjacent, because a range applies to each dimension. One run makes only adjacent partitions. Start a backfill of them: 'headgate backfill launch --from "${first}" --to "${last}"'.`,
    { asset, partition: shortened(text) },
  );
}

/** The open window is not a partition yet, so `last` never means it. */
function onePartition(set: PartitionSet, text: string): Result<PartitionSubset> {
  return parsePartitionRange(set, set.numberOf(text) < 0 && text === LAST ? (latestKey(set) ?? text) : text);
}

function unknownPart(set: PartitionSet, text: string): string {
  const unknown = text.split(RANGE_SEPARATOR).find((key) => set.numberOf(key) < 0);
  return shortened(unknown ?? text);
}

/** Opens each distinct definition once, because thousands of assets may share one. */
function openDistinct(catalog: Catalog, input: { readonly assets: readonly string[]; readonly now: number }): Result<OpenSet[]> {
  const seen = new Set<string>();
  const sets: OpenSet[] = [];
  const partitions = catalog.partitions(input.now);
  for (const asset of input.assets) {
    const definition = catalog.graph.assets[catalog.graph.indexOf(asset)]?.partitions;
    if (definition === undefined) continue;
    const text = canonicalJson(definition);
    if (seen.has(text)) continue;
    seen.add(text);
    const set = partitions.open(definition);
    if (!set.ok) return set;
    sets.push({ asset, set: set.value });
  }
  return ok(sets);
}
