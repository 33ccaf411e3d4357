/**
 * Finds the windows of one time partitioning that a window of another needs: those that overlap it, after its two ends were moved by whole
 * downstream windows. Moving stops at the first and the last existing window; windows that are needed but do not exist are named.
 */
import { refuse, ok, type Result } from "../errors.ts";
import type { PartitionSet } from "./partition-set.ts";
import { rangesOf, rangeSubset, unionOf, type PartitionSubset } from "./subset.ts";
import type { TimePartitions } from "./time-window.ts";

export interface TimeSide {
  readonly set: PartitionSet;
  readonly time: TimePartitions;
}

export interface WindowOffsets {
  readonly startOffset?: number | undefined;
  readonly endOffset?: number | undefined;
  readonly allowNonexistentUpstream?: boolean | undefined;
}

interface TimeSides {
  readonly upstream: TimeSide;
  readonly downstream: TimeSide;
  readonly offsets: WindowOffsets;
}

export interface MappedPartitions {
  readonly subset: PartitionSubset;
  /** Keys that are needed but do not exist, at most `MAX_MISSING`. */
  readonly missing: readonly string[];
}

export const MAX_MISSING = 1000;
/** Windows that an offset is followed; thirteen months of hours. */
const MAX_OFFSET = 10_000;

export function timeUpstream(sides: TimeSides, partitions: PartitionSubset): Result<MappedPartitions> {
  const { upstream, downstream, offsets } = sides;
  const zones = sameZone(upstream, downstream);
  if (!zones.ok) return zones;
  const subsets: PartitionSubset[] = [];
  const missing = new Set<string>();
  for (const range of contiguous(downstream, partitions)) {
    const span = movedSpan(sides, range);
    if (!span) continue;
    const needed = aligned(sides, span);
    subsets.push(existing(upstream, needed));
    if (offsets.allowNonexistentUpstream !== true) nameMissing(upstream, needed, missing);
  }
  return ok({ subset: unionOf(subsets), missing: [...missing] });
}

/** Downstream windows that need one of these upstream windows. */
export function timeDownstream(sides: TimeSides, partitions: PartitionSubset): Result<PartitionSubset> {
  const { upstream, downstream, offsets } = sides;
  const zones = sameZone(upstream, downstream);
  if (!zones.ok) return zones;
  const subsets: PartitionSubset[] = [];
  for (const { from, to } of contiguous(upstream, partitions)) {
    const start = upstream.time.windowAt(from)?.start;
    const end = upstream.time.windowAt(to - 1)?.end;
    if (start === undefined || end === undefined) continue;
    const [startOffset, endOffset] = [offsets.startOffset ?? 0, offsets.endOffset ?? 0];
    const reach = Math.min(Math.abs(startOffset) + Math.abs(endOffset), 2 * MAX_OFFSET) + 1;
    const first = positionOf(downstream.time, downstream.time.ticks.rawAtOrBefore(start), reach) - endOffset;
    const after = positionOf(downstream.time, end, reach) - startOffset;
    subsets.push(rangeSubset(Math.max(0, first), Math.min(downstream.set.count, after)));
  }
  return ok(unionOf(subsets));
}

/** How many windows begin before an instant; negative before the first one, counted as far as the offsets reach. */
function positionOf({ ticks }: TimePartitions, instant: number, reach: number): number {
  return instant < ticks.first ? -ticks.countBackTo(instant, reach) : ticks.countBefore(instant);
}

function sameZone(upstream: TimeSide, downstream: TimeSide): Result<null> {
  const [a, b] = [upstream.time.zone.name, downstream.time.zone.name];
  if (a === b) return ok(null);
  return refuse(
    "invalid_input",
    `Time windows in ${b} cannot be mapped to windows in ${a}: the time zones differ. Give both partitions the same time zone.`,
  );
}

/** Excluded windows make holes between consecutive numbers, so there every window is mapped for itself. */
function* contiguous({ time }: TimeSide, partitions: PartitionSubset): Generator<{ from: number; to: number }, void> {
  for (const range of rangesOf(partitions)) {
    if (time.definition.exclusions === undefined) yield range;
    else for (let number = range.from; number < range.to; number++) yield { from: number, to: number + 1 };
  }
}

function movedSpan(
  { upstream, downstream, offsets }: TimeSides,
  range: { from: number; to: number },
): { start: number; end: number } | null {
  const first = downstream.time.windowAt(range.from);
  const last = downstream.time.windowAt(range.to - 1);
  if (!first || !last) return null;
  const bounds = upstream.set.count > 0 ? { from: upstream.time.ticks.first, to: lastEnd(upstream) } : { from: -Infinity, to: Infinity };
  const start = moved(downstream.time, { boundary: first.start, offset: offsets.startOffset ?? 0, bounds });
  const end = moved(downstream.time, { boundary: last.end, offset: offsets.endOffset ?? 0, bounds });
  return end <= start ? null : { start, end };
}

/** Moves a boundary by whole windows, but not out of what exists upstream: "the day before the first" is nothing, not an error. */
function moved({ ticks }: TimePartitions, move: { boundary: number; offset: number; bounds: { from: number; to: number } }): number {
  const { boundary, offset, bounds } = move;
  let at = boundary;
  for (let step = 0; step < Math.min(Math.abs(offset), MAX_OFFSET); step++) {
    if (offset > 0 ? at >= bounds.to : at <= bounds.from) break;
    const number = ticks.countBefore(at);
    if (offset > 0) at = ticks.endOf(ticks.rawAtOrAfter(at));
    else at = number > 0 ? (ticks.tickAt(number - 1) ?? at) : ticks.rawAtOrBefore(at - 1);
  }
  if (offset < 0) return Math.max(at, bounds.from);
  return offset > 0 ? Math.min(at, bounds.to) : at;
}

function lastEnd({ time, set }: TimeSide): number {
  return time.windowAt(set.count - 1)?.end ?? time.ticks.first;
}

/** Grows a span to whole windows. Before the definition's start only windows that begin in the span count, as in Dagster. */
function aligned({ upstream, offsets }: TimeSides, span: { start: number; end: number }): { from: number; to: number } {
  const { ticks, start } = upstream.time;
  const isPlain = (offsets.startOffset ?? 0) === 0 && (offsets.endOffset ?? 0) === 0;
  const from = isPlain && span.end <= start ? ticks.rawAtOrAfter(span.start) : ticks.rawAtOrBefore(span.start);
  return { from, to: ticks.rawAtOrAfter(span.end) };
}

function existing({ time, set }: TimeSide, span: { from: number; to: number }): PartitionSubset {
  const from = time.ticks.countBefore(span.from);
  const to = Math.min(set.count, time.ticks.countBefore(span.to));
  return to > from ? [from, to] : [];
}

function nameMissing(side: TimeSide, span: { from: number; to: number }, missing: Set<string>): void {
  const { time } = side;
  const { ticks } = time;
  const existingEnd = lastEnd(side);
  for (let start = span.from; start < span.to && missing.size < MAX_MISSING; start = ticks.endOf(start)) {
    if (start >= ticks.first && start < existingEnd) {
      // Jumps over everything that exists.
      if (existingEnd >= span.to) return;
      start = ticks.rawAtOrBefore(existingEnd - 1);
      continue;
    }
    const isWindow = start < ticks.first || time.keyAt(ticks.countBefore(start)) === time.keyOfStart(start);
    if (isWindow) missing.add(time.keyOfStart(start));
  }
}
