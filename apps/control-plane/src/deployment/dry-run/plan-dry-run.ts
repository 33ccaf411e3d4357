/** Plans a dry run of a tick and judges its requests. Nothing is stored. */
import type { InputOf } from "@headgate/shared/contract/table.ts";
import type { DryRun } from "@headgate/shared/contract/automations/automation-views.ts";
import { shortRunId } from "@headgate/shared/ids.ts";
import { ok, refuse, type Result } from "@headgate/shared/domain/errors.ts";
import type { SensorEvent } from "@headgate/shared/sensor/event-schema.ts";
import { MAX_TICK_REQUESTS } from "@headgate/shared/protocol/tick-limits.ts";
import type { TickResult } from "@headgate/shared/protocol/tick-result.ts";
import type { ManifestSchedule, ManifestSensor } from "@headgate/shared/manifest/schema.ts";
import { type Located, catalogOf } from "../catalog/catalog.ts";
import { readAutomation, runOfKey, type Source } from "../ticks/automation-store.ts";
import { listTicks } from "../ticks/tick-store.ts";
import type { Tx } from "../kernel/tx.ts";
import { DRY_RUN_PREFIX } from "../automations/apply-tick.ts";
import { definitionOf, scheduleOf, sensorOf } from "../ticks/automation-source.ts";
import { changeDynamicKeys } from "../assets/dynamic-keys.ts";
import { evaluatorOf } from "../ticks/evaluate-tick.ts";
import { overlapOf } from "../ticks/overlap.ts";
import { targetsAt } from "../schedules/plain-ticks.ts";
import { checkReport } from "../assets/report-asset.ts";
import { keyOf, resolveRequest, type RunRequest, runIdOf } from "../ticks/run-request.ts";
import { requestOf } from "../sensors/sensor-events.ts";
import { newTick } from "../ticks/tick-rows.ts";
import { unknownAutomation } from "../ticks/unknown-automation.ts";
import { exampleEvent } from "@headgate/shared/sensor/sensor-kinds.ts";

type Input = InputOf<"automations.test">;
type Evaluated = Extract<TickResult, { outcome: "evaluated" }>;

export type DryRunPlan =
  | { readonly type: "decided"; readonly result: TickResult }
  /** An agent evaluates the tick. */
  | { readonly type: "asked"; readonly id: string; readonly instance: string; readonly timeoutMs: number };

/** A person waits for the result. */
const MAX_DRY_RUN_SECONDS = 120;
const SLACK_MS = 10_000;
const RECENT_TICKS = 50;

export function planDryRun(tx: Tx, input: Input): Result<DryRunPlan> {
  const definition = definitionOf(catalogOf(tx), input);
  if (!definition) return unknownAutomation(catalogOf(tx), input);
  if (definition.evaluated) return askAgent(tx, input, definition);
  const schedule = input.kind === "schedule" ? scheduleOf(catalogOf(tx), input) : null;
  const sensor = input.kind === "sensor" ? sensorOf(catalogOf(tx), input) : null;
  if (schedule) return ok({ type: "decided", result: decideSchedule(tx, schedule, input) });
  if (!sensor) return unknownAutomation(catalogOf(tx), input);
  const [event] = dryRunEvents(tx, sensor, input);
  const request = event && requestOf(tx, { sensor, event });
  if (!request) return refuse("invalid_input", `Sensor ${sensor.name} has no function to evaluate.`);
  if (!request.ok) return ok({ type: "decided", result: { outcome: "failed", message: request.error.message } });
  const skipped = "skip" in request.value;
  const result = skipped
    ? evaluated([], request.value.skip)
    : evaluated([{ ...request.value, ...(sensor.job !== undefined && { job: sensor.job }) }]);
  return ok({ type: "decided", result });
}

function decideSchedule(tx: Tx, schedule: Located<ManifestSchedule>, input: Input): TickResult {
  const at = input.scheduledFor ?? tx.now;
  const targets = targetsAt(catalogOf(tx), schedule, at);
  if (!targets.ok) return { outcome: "failed", message: targets.error.message };
  const { tags, job } = schedule;
  const source = sourceOf(input);
  const overlap = overlapOf(tx, schedule, newTick(tx, { source, cause: "person", scheduledFor: at }));
  const runs = targets.value.map(({ partition }) => ({ job, tags: { ...tags }, ...(partition !== undefined && { partition }) }));
  if (overlap.type !== "start") return evaluated(runs, overlap.reason);
  return evaluated(runs, runs.length === 0 ? "No partition has ended by then." : undefined);
}

function sourceOf({ location, kind, name }: Source): Source {
  return { location, kind, name };
}

function evaluated(runs: readonly RunRequest[], skipReason?: string): Evaluated {
  return { outcome: "evaluated", cursor: null, runs: [...runs], logs: [], ...(skipReason !== undefined && { skipReason }) };
}

function askAgent(tx: Tx, input: Input, definition: Located<ManifestSchedule> | Located<ManifestSensor>): Result<DryRunPlan> {
  const evaluator = evaluatorOf(tx, input.location);
  if (!evaluator)
    return refuse("unavailable", `No agent is connected that could evaluate ${input.kind} ${input.name}. Start one with 'headgate agent'.`);
  const sensor = input.kind === "sensor" ? sensorOf(catalogOf(tx), input) : null;
  const events = sensor ? dryRunEvents(tx, sensor, input) : [];
  const timeoutSeconds = Math.min(definition.timeoutSeconds ?? 60, MAX_DRY_RUN_SECONDS);
  const id = tx.newId(DRY_RUN_PREFIX.slice(0, -1));
  tx.effects.push({
    type: "send",
    socket: evaluator.socket,
    frame: {
      t: "tick",
      tick: id,
      ...sourceOf(input),
      version: catalogOf(tx).versionOf.get(input.location)?.id ?? "",
      cursor: input.kind === "schedule" ? null : input.cursor === undefined ? (readAutomation(tx.db, input)?.cursor ?? null) : input.cursor,
      scheduledFor: input.scheduledFor ?? tx.now,
      timeoutSeconds,
      dryRun: true,
      ...(events.length > 0 && { events }),
    },
  });
  return ok({ type: "asked", id, instance: evaluator.agent.instance, timeoutMs: timeoutSeconds * 1000 + SLACK_MS });
}

/** The event for the dry run: the given delivery, the sensor's most recent event, or an example. */
function dryRunEvents(tx: Tx, sensor: Located<ManifestSensor>, input: Input): SensorEvent[] {
  const { now: at } = tx;
  const { body, headers, query } = input;
  const isDelivered = body !== undefined || headers !== undefined || query !== undefined;
  if (sensor.kind === "webhook" || (sensor.kind === "polling" && isDelivered)) {
    const named = Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]);
    const sent = { headers: Object.fromEntries(named) as Record<string, string>, query: query ?? {}, body: body ?? null };
    return [{ type: "webhook", delivery: "trial", method: "POST", ...sent, at }];
  }
  if (sensor.kind === "polling") return [];
  const before = listTicks(tx.db, { ...sourceOf(input), before: null, limit: RECENT_TICKS }).find(({ events }) => events.length > 0);
  const [last] = before?.events ?? [];
  const event = last ?? exampleEvent(sensor, at);
  return event === null ? [] : [event];
}

/** Runs in a transaction that is rolled back: partition keys are really added, so that requests for them can be checked. */
export function judgeDryRun(tx: Tx, input: Input, result: TickResult | null): DryRun {
  const nothing = { runs: [], cursor: null, message: null, stack: null, logs: [], dynamicPartitions: [], reports: [] };
  if (result === null) return { ...nothing, outcome: "failed", message: "The agent did not answer in time." };
  if (result.outcome === "failed")
    return { ...nothing, outcome: "failed", message: result.message, stack: result.stack ?? null, logs: result.logs ?? [] };
  const problems: string[] = [];
  const dynamicPartitions: DryRun["dynamicPartitions"][number][] = [];
  for (const { name, add, remove } of result.dynamicPartitions ?? []) {
    const changed = changeDynamicKeys(tx, { name, add, remove, by: input.name });
    if (changed.ok) dynamicPartitions.push({ name, added: changed.value.added, removed: changed.value.removed });
    else problems.push(changed.error.message);
  }
  if (result.runs.length > MAX_TICK_REQUESTS)
    problems.push(`It requested ${result.runs.length} runs; at most ${MAX_TICK_REQUESTS} are possible in one tick, so none would be made.`);
  const seen = new Set<string>();
  const runs = result.runs.slice(0, MAX_TICK_REQUESTS).map((request) => {
    const { runKey, job, selection, partition, tags } = request;
    const problem = problemOf(tx, { input, request, seen });
    if (runKey !== undefined) seen.add(runKey);
    return { runKey: runKey ?? null, job: job ?? null, selection: selection ?? null, partition: partition ?? null, tags, problem };
  });
  const reports = (result.assetEvents ?? []).map(({ type, asset, partition }) => {
    const valid = checkReport(tx, { type, asset, partition });
    return { type, asset, partition: partition ?? null, problem: valid.ok ? null : valid.error.message };
  });
  const message = [...problems, ...(result.skipReason === undefined ? [] : [result.skipReason])].join("\n");
  return {
    outcome: "evaluated",
    runs,
    cursor: result.cursor,
    message: message === "" ? null : message,
    stack: null,
    logs: result.logs,
    dynamicPartitions,
    reports,
  };
}

function problemOf(
  tx: Tx,
  { input, request, seen }: { readonly input: Input; readonly request: RunRequest; readonly seen: ReadonlySet<string> },
): string | null {
  const key = keyOf(input, request);
  const older = key && runOfKey(tx.db, key);
  if (key && older !== null) return `Its run key made run …${shortRunId(runIdOf(tx, older) ?? "")} before.`;
  if (key && seen.has(key.key)) return "Another request of this tick has the same run key.";
  // At the time of a future tick, more partitions exist.
  const now = Math.max(tx.now, input.scheduledFor ?? 0);
  const resolved = resolveRequest({ db: tx.db, now }, input, request);
  return resolved.ok ? null : resolved.error.message;
}
