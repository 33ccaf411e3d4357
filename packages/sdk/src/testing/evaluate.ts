/** Evaluates one tick of a sensor or schedule in a test, without any server and without side effects. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AppError } from "@headgate/shared/domain/errors.ts";
import type { SensorEvent } from "@headgate/shared/sensor/event-schema.ts";
import { EVENT_TYPES } from "@headgate/shared/sensor/sensor-table.ts";
import type { TickPart } from "@headgate/shared/protocol/tick-result.ts";
import type { TickFrame } from "@headgate/shared/protocol/down.ts";
import { defineCodeLocation } from "../code-location.ts";
import { createRuntime } from "../runtime/create-runtime.ts";
import type { Schedule } from "../automation/schedule.ts";
import type { AssetEvent, CheckEvent } from "../automation/sensors/asset-sensors.ts";
import type { RunEndEvent } from "../automation/sensors/deployment-sensors.ts";
import type { SeenEvent, Sensor } from "../automation/sensors/sensor.ts";
import type { WebhookEvent } from "../automation/sensors/webhook-sensor.ts";

/** A run that a tick asked for. */
export interface RequestedRun {
  /** Asked for twice with the same key, a run is made once. */
  readonly runKey?: string | undefined;
  /** Name of the job; undefined when the request names a selection. */
  readonly job?: string | undefined;
  /** The selection as a text. */
  readonly selection?: string | undefined;
  /** Key of the partition, or `first...last`. */
  readonly partition?: string | undefined;
  /** Tags of the run. */
  readonly tags: Readonly<Record<string, string>>;
  /** Configuration of the run. */
  readonly config?: unknown;
}
/** What one tick asked for. */
export interface TickEvaluation {
  /** The runs it asked for. */
  readonly runs: readonly RequestedRun[];
  /** Why it asked for nothing. */
  readonly skipReason: string | undefined;
  /** What the next tick would receive as `cursor`. */
  readonly cursor: string | null;
  /** What it logged. */
  readonly logs: readonly { readonly level: string; readonly message: string }[];
  /** Keys to add to and remove from sets of dynamic partitions. */
  readonly dynamicPartitions: NonNullable<TickPart["dynamicPartitions"]>;
  /** What it reported of assets that something else makes. */
  readonly assetEvents: NonNullable<TickPart["assetEvents"]>;
}

/** Options of `evaluateSchedule`. */
export interface EvaluateOptions {
  /** Fakes (or real values) by resource key. */
  readonly resources?: Readonly<Record<string, unknown>> | undefined;
  /** The instant of the tick. */
  readonly now?: Date | undefined;
  /** Added to the environment of the test. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Relative paths of definitions resolve against it. Default: the working folder. */
  readonly root?: string | undefined;
}
/** Options of `evaluateSensor`. */
export interface EvaluateSensorOptions extends EvaluateOptions {
  /** What the last tick stored. Default: none. */
  readonly cursor?: string | null | undefined;
  /** What woke an asset, run status, check or webhook sensor; several are handled in one tick. */
  readonly events?: readonly TestEvent[] | undefined;
}

/**
 * Evaluates a sensor once.
 *
 * @example
 * const { runs, cursor } = await evaluateSensor(newFiles, { cursor: "a.csv" });
 * @throws `AppError` with the code `user_code` and the message of what the sensor's function threw.
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
 * Evaluates one tick of a schedule.
 *
 * @example
 * const { runs } = await evaluateSchedule(daily, { now: new Date("2025-01-02T02:00:00Z") });
 * @throws `AppError` with the code `user_code` and the message of what the schedule's function threw.
 */
export async function evaluateSchedule(schedule: Schedule, options: EvaluateOptions = {}): Promise<TickEvaluation> {
  const definition = schedule["~definition"];
  if (!definition.evaluate) return await withoutFunction(definition.job, definition.tags);
  return await evaluate({ kind: "schedule", name: schedule.name, cursor: null }, { schedules: [schedule] }, options);
}

/** The parts of an event that matter to the test; the others are filled in. */
export type TestEvent = TestAssetEvent | TestAssetsEvent | TestRunEvent | TestCheckEvent | TestWebhookEvent | PlainTestEvent;

type PlainType = Exclude<SensorEvent["type"], "assets">;
type Defaults<T extends PlainType> = (typeof EVENT_TYPES)[T]["defaults"];
/** An event of any type. What the table of types has no default for is required. */
type PlainTestEvent = {
  [T in PlainType]: { readonly type: T } & Omit<SeenEvent<T>, "at" | keyof Defaults<T>> & Partial<SeenEvent<T>>;
}[PlainType];

/** A materialization, for an asset sensor. */
export interface TestAssetEvent extends Partial<AssetEvent> {
  readonly type: "asset";
  /** Key of the asset. */
  readonly asset: string;
}
/** Materializations of several assets, for a multi-asset sensor. */
export interface TestAssetsEvent {
  readonly type: "assets";
  /** One materialization of each asset. */
  readonly assets: readonly (Partial<AssetEvent> & { readonly asset: string })[];
}
/** The end of a run, for a run status sensor. */
export interface TestRunEvent extends Partial<RunEndEvent> {
  readonly type: "run";
  /** How the run ended. */
  readonly status: RunEndEvent["status"];
}
/** A check result, for a check sensor. */
export interface TestCheckEvent extends Partial<CheckEvent> {
  readonly type: "check";
  /** Key of the checked asset. */
  readonly asset: string;
  /** Name of the check. */
  readonly check: string;
  /** How the check ended. */
  readonly outcome: CheckEvent["outcome"];
}
/** A delivery, for a sensor with a webhook. */
export interface TestWebhookEvent extends Partial<WebhookEvent> {
  readonly type: "webhook";
  /** What was delivered. */
  readonly body: unknown;
}

function wireEvent(event: TestEvent): SensorEvent {
  if (event.type === "assets") return { type: "assets", events: event.assets.map((one) => wireAssetEvent(one)) };
  return { ...EVENT_TYPES[event.type].defaults, ...event, at: (event.at ?? new Date()).getTime() } as SensorEvent;
}

function wireAssetEvent(event: Partial<AssetEvent> & { readonly asset: string }): Extract<SensorEvent, { type: "asset" }> {
  return { ...EVENT_TYPES.asset.defaults, ...event, type: "asset", at: (event.at ?? new Date()).getTime() };
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
