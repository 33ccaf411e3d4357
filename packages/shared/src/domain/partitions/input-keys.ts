/** Finds the upstream partitions whose values a step reads, and whether a reader gets one value or several by key. */
import { canonicalJson } from "../json.ts";
import { ok, type Result } from "../errors.ts";
import type { PartitionMapping, PartitionsDefinition, TimeWindowPartitions } from "./definition.ts";
import { inferMapping, keysOf, type MappedSides, upstreamPartitions } from "./mapping.ts";
import { parsePartitionRange, type PartitionSet } from "./partition-set.ts";
import { type PartitionSubset, rangeSubset } from "./subset.ts";

export interface InputKeys {
  /** In the order of the upstream's partitions. */
  readonly keys: readonly string[];
  /** Keys that the mapping asks for and the upstream does not have. */
  readonly missing: readonly string[];
}

/** `own`: the partition of the step, a key or `first...last`; null where the reader is not partitioned. */
export function inputKeys(sides: MappedSides & { readonly upstream: PartitionSet }, own: string | null): Result<InputKeys> {
  const { upstream, downstream } = sides;
  const mapping = sides.mapping ?? inferMapping(downstream?.definition, upstream.definition);
  // A partition that does not exist yet, such as a window that has not ended, is still the same key on both sides.
  const subset = downstream && own !== null ? ownSubset(downstream, own) : [];
  if (subset === null) return ok(mapping.type === "identity" && own !== null ? { keys: [own], missing: [] } : { keys: [], missing: [] });
  const mapped = upstreamPartitions({ ...sides, mapping }, subset);
  if (!mapped.ok) return mapped;
  return ok({ keys: keysOf(upstream, mapped.value.subset), missing: mapped.value.missing });
}

/** Every key of a partition text, in order; null if one of them does not exist. */
export function keysOfText(set: PartitionSet, text: string): string[] | null {
  const subset = ownSubset(set, text);
  return subset && keysOf(set, subset);
}

function ownSubset(set: PartitionSet, text: string): PartitionSubset | null {
  const subset = parsePartitionRange(set, text);
  if (subset.ok) return subset.value;
  const number = set.time?.indexOfKey(text) ?? -1;
  return number === -1 ? null : rangeSubset(number, number + 1);
}

/** Says whether one partition of the reader reads one of the upstream. The definitions decide it, not how many keys there are. */
export function readsOne(
  downstream: PartitionsDefinition | undefined,
  upstream: PartitionsDefinition,
  stated: PartitionMapping | undefined,
): boolean {
  const mapping = stated ?? inferMapping(downstream, upstream);
  switch (mapping.type) {
    case "all":
      return false;
    case "last":
    case "identity":
      return true;
    case "specific":
      return mapping.keys.length === 1;
    case "static": {
      const readers = Object.values(mapping.downstreamByUpstream).flatMap((keys) => [...new Set(keys)]);
      return new Set(readers).size === readers.length;
    }
    case "time_window":
      if ((mapping.startOffset ?? 0) !== (mapping.endOffset ?? 0)) return false;
      return downstream?.type === "time" && upstream.type === "time" && isInsideOne(downstream, upstream);
    case "dimension":
      return readsOneOfDimension(mapping.dimension, { downstream, upstream });
    default:
      return mapping satisfies never;
  }
}

function readsOneOfDimension(
  name: string,
  { downstream, upstream }: { readonly downstream: PartitionsDefinition | undefined; readonly upstream: PartitionsDefinition },
): boolean {
  const own = downstream?.type === "multi" ? downstream.dimensions.find((dimension) => dimension.name === name)?.partitions : undefined;
  if (own === undefined) return false;
  return own.type === "time" && upstream.type === "time" ? isInsideOne(own, upstream) : true;
}

const SIZES = { hourly: 0, daily: 1, weekly: 2, monthly: 3, cron: 4 } as const satisfies Record<TimeWindowPartitions["cadence"], number>;

/** Says whether every window of the reader lies inside one window of the upstream. */
function isInsideOne(downstream: TimeWindowPartitions, upstream: TimeWindowPartitions): boolean {
  if (canonicalJson(gridOf(downstream)) === canonicalJson(gridOf(upstream))) return true;
  const isAligned =
    (downstream.timezone ?? "UTC") === (upstream.timezone ?? "UTC") &&
    (downstream.minuteOffset ?? 0) === (upstream.minuteOffset ?? 0) &&
    (downstream.cadence === "hourly" || (downstream.hourOffset ?? 0) === (upstream.hourOffset ?? 0));
  // A week may lie in two months, and the windows of a cron expression may lie in any way.
  if (!isAligned || downstream.cadence === "weekly" || downstream.cadence === "cron" || upstream.cadence === "cron") return false;
  return SIZES[downstream.cadence] < SIZES[upstream.cadence];
}

/** Returns what decides where windows begin and end. */
function gridOf({ cadence, cron, timezone, minuteOffset, hourOffset, dayOffset, exclusions }: TimeWindowPartitions): unknown {
  return {
    cadence,
    cron: cron ?? null,
    timezone: timezone ?? "UTC",
    minuteOffset: minuteOffset ?? 0,
    hourOffset: hourOffset ?? 0,
    dayOffset: dayOffset ?? (cadence === "monthly" ? 1 : 0),
    exclusions: exclusions ?? [],
  };
}
