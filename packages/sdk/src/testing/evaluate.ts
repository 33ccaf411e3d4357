/** Evaluates one tick of a sensor or schedule in a test, without any server and without side effects. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AppError } from "@headgate/shared/domain/errors.ts";
import type { SensorEvent } from "@headgate/shared/sensor/sensor-event.ts";
import type { TickPart } from "@headgate/shared/protocol/tick-result.ts";
import type { TickFrame } from "@headgate/shared/protocol/down.ts";
import { defineCodeLocation } from "../code-location.ts";
import { createRuntime } from "../runtime/create-runtime.ts";
import type { Schedule } from "../automation/schedule.ts";
import type { Sensor } from "../automation/sensor.ts";
import type { AssetEvent, CheckEvent, RunEndEvent, WebhookEvent } from "../automation/sensor-events.ts";

/** A run that a tick asked for. */
export interface RequestedRun {
  readonly runKey?: string | undefined;
  readonly job?: string | undefined;
  readonly selection?: string | undefined;
  readonly partition?: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly config?: unknown;
}
export interface TickEvaluation {
  readonly runs: readonly RequestedRun[];
  readonly skipReason: string | undefined;
  /** What the next tick would receive as `cursor`. */
  readonly cursor: string | null;
  readonly logs: readonly { readonly level: string; readonly message: string }[];
  /** Keys to add to and remove from sets of dynamic partitions. */
  readonly dynamicPartitions: NonNullable<TickPart["dynamicPartitions"]>;
  /** What it reported of assets that something else makes. */
  readonly assetEvents: NonNullable<TickPart["assetEvents"]>;
}

export interface EvaluateOptions {
  /** Fakes (or real values) by resource key. */
  readonly resources?: Readonly<Record<string, unknown>> | undefined;
  /** The instant of the tick. */
  readonly now?: Date | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly root?: string | undefined;
}
export interface EvaluateSensorOptions extends EvaluateOptions {
  readonly cursor?: string | null | undefined;
  /** What woke an asset, run status, check or webhook sensor; several are handled in one tick. */
  readonly events?: readonly TestEvent[] | undefined;
}

/**
 * One evaluation of a sensor. Throws what the sensor's function throws.
 *
 * @example
 * const { runs, cursor } = await evaluateSensor(newFiles, { cursor: "a.csv" });
 */
export async function evaluateSensor(sensor: Sensor, options: EvaluateSensorOptions = {}): Promise<TickEvaluation> {
  const definition = sensor["~definition"];
  if (!definition.evaluate) return await withoutFunction(definition.job);
  return await evaluate(
    { kind: "sensor", name: sensor.name, cursor: options.cursor ?? null, events: options.events?.map(wireEvent) },
    { sensors: [sensor] },
    options,
  );
}

/**
 * One tick of a schedule. Throws what the schedule's function throws.
 *
 * @example
 * const { runs } = await evaluateSchedule(daily, { now: new Date("2025-01-02T02:00:00Z") });
 */
export async function evaluateSchedule(schedule: Schedule, options: EvaluateOptions = {}): Promise<TickEvaluation> {
  const definition = schedule["~definition"];
  if (!definition.evaluate) return await withoutFunction(definition.job, definition.tags);
  return await evaluate({ kind: "schedule", name: schedule.name, cursor: null }, { schedules: [schedule] }, options);
}

/** The parts of an event that matter to the test; the others are filled in. */
export type TestEvent =
  | (Partial<AssetEvent> & { readonly type: "asset"; readonly asset: string })
  | { readonly type: "assets"; readonly assets: readonly (Partial<AssetEvent> & { readonly asset: string })[] }
  | (Partial<RunEndEvent> & { readonly type: "run"; readonly status: RunEndEvent["status"] })
  | (Partial<CheckEvent> & {
      readonly type: "check";
      readonly asset: string;
      readonly check: string;
      readonly outcome: CheckEvent["outcome"];
    })
  | (Partial<WebhookEvent> & { readonly type: "webhook"; readonly body: unknown });

function wireEvent(event: TestEvent): SensorEvent {
  const at = ("at" in event && event.at ? event.at : new Date()).getTime();
  switch (event.type) {
    case "asset":
      return wireAssetEvent(event);
    case "assets":
      return { type: "assets", events: event.assets.map(wireAssetEvent) };
    case "run":
      return { run: "run", job: null, location: null, partition: null, tags: {}, message: null, ...event, at };
    case "check":
      return { description: null, run: null, partition: null, metadata: {}, ...event, at };
    case "webhook":
      return { delivery: "delivery", method: "POST", headers: {}, query: {}, ...event, at };
    default:
      return event satisfies never;
  }
}

function wireAssetEvent(event: Partial<AssetEvent> & { readonly asset: string }): Extract<SensorEvent, { type: "asset" }> {
  const at = (event.at ?? new Date()).getTime();
  return { partition: null, run: null, metadata: {}, dataVersion: null, ...event, type: "asset", seq: 1, at };
}

async function withoutFunction(
  job: { readonly name: string } | string | undefined,
  tags: Readonly<Record<string, string>> = {},
): Promise<TickEvaluation> {
  const name = typeof job === "object" ? job.name : job;
  return await Promise.resolve({
    runs: name === undefined ? [] : [{ job: name, tags }],
    skipReason: undefined,
    cursor: null,
    logs: [],
    dynamicPartitions: [],
    assetEvents: [],
  });
}

async function evaluate(
  tick: Pick<TickFrame, "kind" | "name" | "cursor" | "events">,
  definitions: { readonly sensors?: readonly Sensor[]; readonly schedules?: readonly Schedule[] },
  options: EvaluateOptions,
): Promise<TickEvaluation> {
  const temporary = await mkdtemp(join(tmpdir(), "headgate-test-"));
  try {
    const runtime = createRuntime(defineCodeLocation({ name: "test", ...definitions }), { resources: options.resources });
    const frame: TickFrame = {
      t: "tick",
      tick: "test",
      location: "test",
      version: "test",
      scheduledFor: (options.now ?? new Date()).getTime(),
      timeoutSeconds: 60,
      ...tick,
    };
    const host = {
      root: options.root ?? process.cwd(),
      storage: temporary,
      scratch: temporary,
      env: { ...process.env, ...options.env },
      signal: new AbortController().signal,
      log: () => undefined,
    };
    const result = await runtime.tick(frame, host);
    if (result.outcome === "failed") throw new AppError("user_code", result.message, { details: { stack: result.stack } });
    const { runs, skipReason, cursor, logs, dynamicPartitions = [], assetEvents = [] } = result;
    return { runs, skipReason, cursor, logs, dynamicPartitions, assetEvents };
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}
