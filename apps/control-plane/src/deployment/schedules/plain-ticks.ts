/** Ticks of schedules and sensors without a user function, decided in the transaction of their timer or event. */
import type { LaunchTarget } from "@headgate/shared/contract/runs/launch.ts";
import type { RunCause } from "@headgate/shared/contract/runs/run-views.ts";
import { ok, refuse, type Result } from "@headgate/shared/domain/errors.ts";
import { DIMENSION_SEPARATOR, latestKey, pageOfKeys, type PartitionSet } from "@headgate/shared/domain/partitions/partition-set.ts";
import type { ManifestSchedule } from "@headgate/shared/manifest/schema.ts";
import { MAX_TICK_REQUESTS } from "@headgate/shared/protocol/tick-limits.ts";
import { type Catalog, type Located, catalogOf } from "../catalog/catalog.ts";
import { readRunByNo } from "../runs/run-store.ts";
import type { TickRow } from "../ticks/tick-store.ts";
import type { Tx } from "../kernel/tx.ts";
import { createRun } from "../runs/launch/create-run.ts";
import { type ResolvedLaunch, resolveLaunch } from "../runs/launch/resolve-target.ts";
import { makeWay } from "../ticks/overlap.ts";
import { endTick } from "../ticks/tick-rows.ts";
import { openRuns } from "../runs/run-session.ts";
import { partitionsOfJob } from "../runs/launch/partitions-of-job.ts";
import { automationId } from "@headgate/shared/domain/automation-id.ts";

/** Decides the tick of a schedule without a function and makes all of its runs or none. */
export function decideTick(tx: Tx, schedule: Located<ManifestSchedule>, tick: TickRow): TickRow {
  const runs = tx.savepoint((): Result<string[]> => {
    const targets = targetsAt(catalogOf(tx), schedule, tick.scheduledFor);
    if (!targets.ok) return targets;
    if (targets.value.length > 0) makeWay(tx, schedule);
    const trigger = { type: "schedule", name: schedule.name, location: schedule.location, tick: tick.id } as const;
    const made: string[] = [];
    for (const target of targets.value) {
      const run = makeRun(tx, { target, tick, trigger, tags: schedule.tags });
      if (!run.ok) return run;
      made.push(run.value);
    }
    return ok(made);
  });
  if (!runs.ok) return endTick(tx, tick, { state: "failed", message: runs.error.message });
  if (runs.value.length === 0) return endTick(tx, tick, { state: "skipped", message: "No partition has ended yet." });
  return endTick(tx, tick, { state: "requested", runs: runs.value, runCount: runs.value.length });
}

export interface PlainRun {
  readonly target: LaunchTarget;
  readonly tick: TickRow;
  readonly trigger: RunCause;
  readonly tags: Readonly<Record<string, string>>;
}

/** Returns the id of the new run. */
export function makeRun(tx: Tx, input: PlainRun): Result<string> {
  const resolved = resolveLaunch(tx, input.target);
  return resolved.ok ? makeResolved(tx, resolved.value, input) : resolved;
}

export function makeResolved(tx: Tx, resolved: ResolvedLaunch, input: Omit<PlainRun, "target">): Result<string> {
  const created = createRun(tx, {
    resolved,
    trigger: input.trigger,
    given: { tags: input.tags },
    parent: null,
    source: automationId(input.tick),
  });
  if (!created.ok) return created;
  tx.fact({ type: "work_available" });
  return ok(openRuns(tx).get(created.value)?.row.id ?? readRunByNo(tx.db, created.value)?.id ?? "");
}

/**
 * The targets of a schedule without a function at a time: the job, or one target for each partition. For time windows that is the latest
 * ended window, for listed keys all keys.
 */
export function targetsAt(
  catalog: Catalog,
  schedule: Pick<Located<ManifestSchedule>, "job" | "location">,
  at: number,
): Result<LaunchTarget[]> {
  const target = { job: schedule.job, location: schedule.location };
  const definition = partitionsOfJob(catalog, target);
  if (!definition.ok) return definition;
  if (definition.value === undefined) return ok([target]);
  const set = catalog.partitions(at).open(definition.value);
  if (!set.ok) return set;
  const keys = keysAt(set.value);
  if (keys.length > MAX_TICK_REQUESTS)
    return refuse(
      "too_large",
      `A tick of a schedule makes at most ${MAX_TICK_REQUESTS} runs, and job "${schedule.job}" has ${keys.length} partitions. Give the schedule a function that chooses, or start a backfill.`,
    );
  return ok(keys.map((partition) => ({ ...target, partition })));
}

function keysAt(set: PartitionSet): string[] {
  if (set.count === 0) return [];
  if (set.time) return [latestKey(set) ?? ""];
  if (!set.dimensions) return pageOfKeys(set, 0, MAX_TICK_REQUESTS + 1);
  let keys: string[] = [""];
  for (const [index, { set: own }] of set.dimensions.entries()) {
    const page = keysAt(own);
    keys = keys
      .flatMap((before) => page.map((key) => (index === 0 ? key : `${before}${DIMENSION_SEPARATOR}${key}`)))
      .slice(0, MAX_TICK_REQUESTS + 1);
  }
  return keys;
}
