/** What may stand in `inputs` and `deps` of an asset. */
import type { AllPartitions, AnyAsset, Asset, Dependency, LastPartition, MappedInput, SourceAsset } from "./asset-type.ts";
import type { GridOf, ReadsBy, ReadsByDefault } from "../options/partition-grid.ts";
import type { PartitionMapping } from "../options/partitions.ts";

// oxlint-disable-next-line typescript/no-generated-empty-object-type -- no inputs means exactly: no names
export type NoInputs = Readonly<Record<never, never>>;

/** `B` is given where a run may take several partitions at once. */
type InputValue<X, P, B> =
  X extends Asset<string, infer T, infer U>
    ? ReadValue<T, ReadsByDefault<GridOf<P>, GridOf<U>>, B>
    : X extends AllPartitions<infer T>
      ? ReadonlyMap<string, T>
      : X extends LastPartition<infer T>
        ? T
        : X extends MappedInput<Asset<string, infer T, infer U>, infer M>
          ? ReadValue<T, ReadsBy<M, GridOf<P>, GridOf<U>>, M extends FixedMapping ? undefined : B> | Absent<M>
          : never;
/** These read the same partitions, however many the run makes. */
type FixedMapping = { readonly type: "last" | "specific" };
type Absent<M> = M extends { readonly allowNonexistentUpstream: false }
  ? never
  : M extends { readonly allowNonexistentUpstream: boolean }
    ? undefined
    : never;
type ReadValue<T, Reads, B> = Reads extends "whole"
  ? T
  : Reads extends "many"
    ? ReadonlyMap<string, T>
    : Reads extends "one"
      ? [B] extends [undefined]
        ? T
        : T | ReadonlyMap<string, T>
      : T | ReadonlyMap<string, T>;
export type InputValues<I, P, B> = { readonly [N in keyof I]: InputValue<I[N], P, B> };

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
