/** What may stand in `inputs` and `deps` of an asset. */
import type { AllPartitions, AnyAsset, Asset, Dependency, LastPartition, SourceAsset } from "./asset-type.ts";
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
 * A dependency with a partition mapping.
 *
 * @example
 * deps: [dep(dailyEvents, mapping.timeWindow({ startOffset: -1 }))]
 */
export function dep(asset: string | AnyAsset | SourceAsset, partitionMapping: PartitionMapping): Dependency {
  return { kind: "dependency", key: typeof asset === "string" ? asset : asset.key, mapping: partitionMapping };
}
