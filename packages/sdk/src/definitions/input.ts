/** What may stand in `inputs` and `deps` of an asset. */
import type { AllPartitions, AnyAsset, Asset, Dependency, LastPartition, MappedInput, SourceAsset } from "./asset-type.ts";
import type { PartitionMapping } from "../options/partitions.ts";

// oxlint-disable-next-line typescript/no-generated-empty-object-type -- no inputs means exactly: no names
export type NoInputs = Readonly<Record<never, never>>;

type InputValue<X> =
  X extends Asset<string, infer T>
    ? T
    : X extends AllPartitions<infer T>
      ? ReadonlyMap<string, T>
      : X extends LastPartition<infer T>
        ? T
        : X extends MappedInput<Asset<string, infer T>>
          ? T | ReadonlyMap<string, T> | undefined
          : never;
export type InputValues<I> = { readonly [N in keyof I]: InputValue<I[N]> };

/**
 * As an input: the values of all stored partitions of a partitioned upstream, by partition key.
 *
 * @example
 * inputs: { days: allPartitions(dailyEvents) }
 */
export function allPartitions<T>(asset: Asset<string, T>): AllPartitions<T> {
  return { kind: "allPartitions", asset };
}

/**
 * As an input: the value of the last stored partition of a partitioned upstream.
 *
 * @example
 * inputs: { latest: lastPartition(dailySnapshot) }
 */
export function lastPartition<T>(asset: Asset<string, T>): LastPartition<T> {
  return { kind: "lastPartition", asset };
}

/**
 * A dependency with a partition mapping, for `deps`, and of an asset also for `inputs`. An input is the value where the mapping gives one
 * partition, and a map by key where it gives several.
 *
 * @example
 * deps: [dep(dailyEvents, mapping.timeWindow({ startOffset: -1 }))]
 *
 * @example
 * inputs: { before: dep(dailyEvents, mapping.timeWindow({ startOffset: -1, endOffset: -1 })) }
 */
export function dep<A extends AnyAsset, const M extends PartitionMapping>(asset: A, partitionMapping: M): MappedInput<A, M>;
export function dep(asset: string | AnyAsset | SourceAsset, partitionMapping: PartitionMapping): Dependency;
export function dep(asset: string | AnyAsset | SourceAsset, partitionMapping: PartitionMapping): Dependency | MappedInput {
  if (typeof asset === "string") return { kind: "dependency", key: asset, mapping: partitionMapping };
  const dependency: Dependency = { kind: "dependency", key: asset.key, mapping: partitionMapping };
  return asset.kind === "asset" ? { ...dependency, asset } : dependency;
}
