/** The partition of a step as the agent gets it: its key or range, its time window, and the key of each dimension. */
import { findDimension, projectDimension } from "@headgate/shared/domain/partitions/dimension.ts";
import { parsePartitionRange, type PartitionSet, splitKey } from "@headgate/shared/domain/partitions/partition-set.ts";
import { countOf, difference, numbersOf, type PartitionSubset, rangesOf, unionOf } from "@headgate/shared/domain/partitions/subset.ts";
import type { TimeWindow } from "@headgate/shared/domain/partitions/definition.ts";
import { jsonBytes } from "@headgate/shared/domain/value/cut-text.ts";
import { MAX_FRAME_BYTES } from "@headgate/shared/protocol/constants.ts";
import type { JobFrame } from "@headgate/shared/protocol/down.ts";
import { partitionContext } from "../../partitions/partition-context.ts";
import { partitionText } from "../../partitions/partition-text.ts";
import type { StepRow } from "../tables.ts";
import { readGraphAsset } from "../../catalog/definition-store.ts";
import { reportedParts } from "../../partitions/partition-store.ts";
import type { Tx } from "../../kernel/tx.ts";
import { isRange } from "../../assets/record-partition.ts";
import { openRuns } from "../run-session.ts";

export function partitionOfStep(tx: Tx, step: StepRow): JobFrame["partition"] {
  if (step.partition === null) return null;
  const set = partitionsOfStep(tx, step);
  const bare = { key: step.partition, start: null, end: null };
  if (!set) return bare;
  const subset = parsePartitionRange(set, step.partition);
  if (!isRange(step.partition) || !subset.ok) {
    // This also finds a window that has not ended, which is not a partition yet.
    const window = set.windowOf(step.partition);
    const dimensions = splitKey(set, step.partition);
    return { ...bare, start: window?.start ?? null, end: window?.end ?? null, ...(dimensions && { dimensions }) };
  }
  const [first = 0, end = 1] = subset.value;
  const window = windowOfRange(set, subset.value);
  const range = { first: set.keyAt(first) ?? "", last: set.keyAt(end - 1) ?? "", count: countOf(subset.value) };
  const keys = range.count > MAX_SENT_KEYS ? null : [...numbersOf(subset.value)].flatMap((number) => set.keyAt(number) ?? []);
  return { ...bare, start: window?.start ?? null, end: window?.end ?? null, range, ...(keys && fitsFrame(keys) && { keys }) };
}

/** A frame has a limited size. A step with more keys finds them out itself. */
export const MAX_SENT_KEYS = 3000;
const MAX_SENT_BYTES = MAX_FRAME_BYTES / 4;

export function fitsFrame(keys: readonly string[]): boolean {
  return keys.length <= MAX_SENT_KEYS && jsonBytes(keys) <= MAX_SENT_BYTES;
}

/** Uses the step's own version, so that a later publish does not change the partition of a retry. */
function partitionsOfStep(tx: Tx, step: StepRow): PartitionSet | null {
  for (const asset of step.assets.length > 0 ? step.assets : step.checks.map((check) => check.slice(0, check.indexOf(":")))) {
    const definition = readGraphAsset(tx.db, step.version, asset)?.partitions;
    if (definition === undefined) continue;
    const set = partitionContext(tx.db, tx.now).open(definition);
    return set.ok ? set.value : null;
  }
  return null;
}

/** From the start of the earliest window to the end of the latest one. */
function windowOfRange(set: PartitionSet, subset: PartitionSubset): TimeWindow | null {
  const timed = set.dimensions?.find((dimension) => dimension.set.time !== null);
  const place = timed && findDimension(set, timed.name);
  const time = timed?.set.time ?? set.time;
  const numbers = place ? projectDimension(place, subset) : subset;
  const start = time?.windowAt(numbers[0] ?? -1)?.start;
  const end = time?.windowAt((numbers.at(-1) ?? 0) - 1)?.end;
  return start === undefined || end === undefined ? null : { start, end };
}

/** If more pieces are left, the whole range is returned. */
const MAX_PIECES = 100;

/**
 * The partitions that the step has not reported: its key, or the rest of its range as keys and ranges. Null if the step has no
 * partition.
 */
export function partitionsLeft(tx: Tx, step: StepRow, asset: string): string[] | null {
  if (step.partition === null) return null;
  if (!isRange(step.partition)) return [step.partition];
  const reported = [...reportedParts(tx.db, { asset, runNo: step.runNo, step: step.key }), ...partsOfTurn(tx, step, asset)];
  const set = reported.length === 0 ? null : partitionsOfStep(tx, step);
  const whole = set && parsePartitionRange(set, step.partition);
  if (!set || !whole?.ok) return [step.partition];
  const parts = reported.map((part) => parsePartitionRange(set, part)).flatMap((part) => (part.ok ? [part.value] : []));
  const left = rangesOf(difference(whole.value, unionOf(parts)));
  return left.length > MAX_PIECES ? [step.partition] : left.map(({ from, to }) => partitionText(set, from, to));
}

/** Parts reported in this transaction, whose events are stored at its end. */
function partsOfTurn(tx: Tx, step: StepRow, asset: string): string[] {
  const events = openRuns(tx).get(step.runNo)?.events ?? [];
  return events.flatMap(({ step: key, event }) => {
    if (event.type !== "asset_materialized" || key !== step.key) return [];
    return event.asset === asset && event.partition !== undefined ? [event.partition] : [];
  });
}

/** Whether a report is about only a part of the step's range. */
export function isPartOfRange(step: StepRow, partition: string): boolean {
  return step.partition !== null && isRange(step.partition) && partition !== step.partition;
}
