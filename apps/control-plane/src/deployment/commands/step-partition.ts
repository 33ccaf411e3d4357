/** The partition of a step as an agent gets it: its key and, for time windows, the window. */
import { openPartitions } from "@headgate/shared/domain/partitions/partition-set.ts";
import type { JobFrame } from "@headgate/shared/protocol/down.ts";
import type { StepRow } from "../schema.ts";
import { readGraphAsset } from "../store/definition-store.ts";
import type { Turn } from "../turn.ts";

export function partitionOfStep(turn: Turn, step: StepRow): JobFrame["partition"] {
  if (step.partition === null) return null;
  // The step's own version: a publish meanwhile must not change what a retry is told.
  for (const asset of step.assets.length > 0 ? step.assets : step.checks.map((check) => check.slice(0, check.indexOf(":")))) {
    const definition = readGraphAsset(turn.db, step.version, asset)?.partitions;
    if (definition === undefined) continue;
    const set = openPartitions(definition, { now: turn.now });
    const window = set.ok ? set.value.windowOf(step.partition) : null;
    return { key: step.partition, start: window?.start ?? null, end: window?.end ?? null };
  }
  return { key: step.partition, start: null, end: null };
}
