/**
 * Maps partitions: finds the upstream partitions that a downstream partition reads, and the downstream partitions that an upstream one
 * affects. One function for each direction over every kind of mapping, and Dagster's rule for dependencies without a mapping.
 */
import { assertNever } from "../assert.ts";
import { canonicalJson } from "../json.ts";
import { ok, refuse, type Result } from "../errors.ts";
import type { PartitionMapping, PartitionsDefinition } from "./definition.ts";
import { expandDimension, findDimension, projectDimension } from "./dimension.ts";
import { MAX_MISSING, timeDownstream, timeUpstream, type MappedPartitions, type TimeSide } from "./mapping-time.ts";
import type { PartitionSet } from "./partition-set.ts";
import { intersection, numbersOf, rangeSubset, subsetOf, type PartitionSubset } from "./subset.ts";

export type { MappedPartitions } from "./mapping-time.ts";

/** The two ends of a dependency; null where an asset is not partitioned. */
export interface MappedSides {
  readonly upstream: PartitionSet | null;
  readonly downstream: PartitionSet | null;
  /** Left out: inferred. */
  readonly mapping?: PartitionMapping | undefined;
}

const NOTHING: MappedPartitions = { subset: [], missing: [] };

export function inferMapping(downstream: PartitionsDefinition | undefined, upstream: PartitionsDefinition | undefined): PartitionMapping {
  if (!downstream || !upstream) return { type: "all" };
  if (downstream.type === "time" && upstream.type === "time") return { type: "time_window" };
  const [multi, single] = downstream.type === "multi" ? [downstream, upstream] : [upstream, downstream];
  if (multi.type === "multi" && single.type !== "multi") {
    const same = multi.dimensions.find(({ partitions }) => canonicalJson(partitions) === canonicalJson(single));
    const fitting = same ?? multi.dimensions.find(({ partitions }) => partitions.type === "time" && single.type === "time");
    if (fitting) return { type: "dimension", dimension: fitting.name };
  }
  return { type: "identity" };
}

/** What these downstream partitions need of the upstream asset. */
export function upstreamPartitions(sides: MappedSides, partitions: PartitionSubset): Result<MappedPartitions> {
  const { upstream, downstream } = sides;
  if (!upstream) return ok(NOTHING);
  const mapping = sides.mapping ?? inferMapping(downstream?.definition, upstream.definition);
  switch (mapping.type) {
    case "all":
      return ok({ subset: upstream.count > 0 ? [0, upstream.count] : [], missing: [] });
    case "last":
      return ok({ subset: upstream.count > 0 ? [upstream.count - 1, upstream.count] : [], missing: [] });
    case "specific":
      return ok(byKeys(upstream, mapping.keys));
    case "identity":
      return downstream ? ok(identical(downstream, upstream, partitions)) : refuseUnpartitioned(mapping);
    case "static":
      return downstream
        ? ok(staticUpstream(mapping.downstreamByUpstream, { upstream, downstream }, partitions))
        : refuseUnpartitioned(mapping);
    case "time_window": {
      const times = downstream && timeSides({ upstream, downstream });
      return times ? timeUpstream({ ...times, offsets: mapping }, partitions) : refuseUntimed();
    }
    case "dimension":
      return downstream ? dimensionUpstream(mapping.dimension, { upstream, downstream }, partitions) : refuseUnpartitioned(mapping);
    default:
      return assertNever(mapping);
  }
}

/** Which downstream partitions need one of these upstream partitions. */
export function downstreamPartitions(sides: MappedSides, partitions: PartitionSubset): Result<PartitionSubset> {
  const { upstream, downstream } = sides;
  if (!downstream || !upstream) return ok(downstream && downstream.count > 0 ? [0, downstream.count] : []);
  const all: PartitionSubset = downstream.count > 0 && partitions.length > 0 ? [0, downstream.count] : [];
  const mapping = sides.mapping ?? inferMapping(downstream.definition, upstream.definition);
  switch (mapping.type) {
    case "all":
      return ok(all);
    case "last":
      return ok(intersection(partitions, rangeSubset(Math.max(0, upstream.count - 1), upstream.count)).length > 0 ? all : []);
    case "specific":
      return ok(intersection(partitions, byKeys(upstream, mapping.keys).subset).length > 0 ? all : []);
    case "identity":
      return ok(identical(upstream, downstream, partitions).subset);
    case "static": {
      const { downstreamByUpstream } = mapping;
      const keys = keysOf(upstream, partitions).flatMap(
        (key) => (Object.hasOwn(downstreamByUpstream, key) ? downstreamByUpstream[key] : []) ?? [],
      );
      return ok(byKeys(downstream, keys).subset);
    }
    case "time_window": {
      const times = timeSides({ upstream, downstream });
      return times ? timeDownstream({ ...times, offsets: mapping }, partitions) : refuseUntimed();
    }
    case "dimension":
      return dimensionDownstream(mapping.dimension, { upstream, downstream }, partitions);
    default:
      return assertNever(mapping);
  }
}

interface BothSides {
  readonly upstream: PartitionSet;
  readonly downstream: PartitionSet;
}

function timeSides({ upstream, downstream }: BothSides): { upstream: TimeSide; downstream: TimeSide } | null {
  if (!upstream.time || !downstream.time) return null;
  return { upstream: { set: upstream, time: upstream.time }, downstream: { set: downstream, time: downstream.time } };
}

/** Keys in order; a window that has not ended has its key already. */
export function keysOf(set: PartitionSet, partitions: PartitionSubset): string[] {
  return [...numbersOf(partitions)].flatMap((number) => set.keyAt(number) ?? set.time?.keyAt(number) ?? []);
}

function byKeys(set: PartitionSet, keys: Iterable<string>): MappedPartitions {
  const numbers: number[] = [];
  const missing: string[] = [];
  for (const key of keys) {
    const number = set.numberOf(key);
    if (number >= 0) numbers.push(number);
    else if (missing.length < MAX_MISSING) missing.push(key);
  }
  return { subset: subsetOf(numbers), missing };
}

function identical(from: PartitionSet, to: PartitionSet, partitions: PartitionSubset): MappedPartitions {
  const sameNumbers = from.definition === to.definition || (from.time !== null && from.time === to.time);
  if (sameNumbers && (partitions.at(-1) ?? 0) <= to.count) return { subset: partitions, missing: [] };
  return byKeys(to, keysOf(from, partitions));
}

function staticUpstream(
  downstreamByUpstream: Readonly<Record<string, readonly string[]>>,
  { upstream, downstream }: BothSides,
  partitions: PartitionSubset,
): MappedPartitions {
  const wanted = new Set(keysOf(downstream, partitions));
  const keys = Object.entries(downstreamByUpstream).flatMap(([key, mapped]) => (mapped.some((own) => wanted.has(own)) ? [key] : []));
  return byKeys(upstream, keys);
}

function dimensionUpstream(name: string, { upstream, downstream }: BothSides, partitions: PartitionSubset): Result<MappedPartitions> {
  const ofDownstream = findDimension(downstream, name);
  if (ofDownstream) {
    const own = projectDimension(ofDownstream, partitions);
    return upstreamPartitions(
      { upstream, downstream: ofDownstream.dimension.set, mapping: betweenSingles(ofDownstream.dimension.set, upstream) },
      own,
    );
  }
  const ofUpstream = findDimension(upstream, name);
  if (!ofUpstream) return refuseDimension(name);
  const part = upstreamPartitions(
    { upstream: ofUpstream.dimension.set, downstream, mapping: betweenSingles(downstream, ofUpstream.dimension.set) },
    partitions,
  );
  return part.ok ? ok({ subset: expandDimension(ofUpstream, part.value.subset), missing: part.value.missing }) : part;
}

function dimensionDownstream(name: string, { upstream, downstream }: BothSides, partitions: PartitionSubset): Result<PartitionSubset> {
  const ofDownstream = findDimension(downstream, name);
  if (ofDownstream) {
    const part = downstreamPartitions(
      { upstream, downstream: ofDownstream.dimension.set, mapping: betweenSingles(ofDownstream.dimension.set, upstream) },
      partitions,
    );
    return part.ok ? ok(expandDimension(ofDownstream, part.value)) : part;
  }
  const ofUpstream = findDimension(upstream, name);
  if (!ofUpstream) return refuseDimension(name);
  const own = projectDimension(ofUpstream, partitions);
  return downstreamPartitions(
    { upstream: ofUpstream.dimension.set, downstream, mapping: betweenSingles(downstream, ofUpstream.dimension.set) },
    own,
  );
}

function betweenSingles(downstream: PartitionSet, upstream: PartitionSet): PartitionMapping {
  return downstream.time && upstream.time ? { type: "time_window" } : { type: "identity" };
}

function refuseUnpartitioned(mapping: PartitionMapping): Result<never> {
  return refuse(
    "invalid_input",
    `The partition mapping "${mapping.type}" needs a partitioned downstream asset. Use "all", "last" or "specific" instead.`,
  );
}

function refuseUntimed(): Result<never> {
  return refuse("invalid_input", 'The partition mapping "time_window" needs time partitions on both sides. Use another mapping.');
}

function refuseDimension(name: string): Result<never> {
  return refuse(
    "invalid_input",
    `Neither side of the partition mapping has a dimension "${name}". Name one of the dimensions of the multi-dimensional side.`,
    { dimension: name },
  );
}
