/** Sensors: runs that start because something happened. */
import { captureSite, type DefinitionSite } from "./definition-site.ts";
import type { AnyAsset } from "./input.ts";
import type { Job } from "./job.ts";
import type { Env, Logger } from "./log.ts";
import type { AnyResource, Folders, ResourceMap } from "./resource.ts";
import type { Requests } from "./run-request.ts";
import type { SourceAsset } from "./source-asset.ts";

/** What `evaluate` of a sensor receives; `E` is the event that woke it. */
export interface SensorContext<R extends readonly AnyResource[] = readonly AnyResource[], E = undefined> {
  /** What `setCursor` stored at the last successful tick. */
  readonly cursor: string | null;
  /** Takes effect only when this tick's result is stored. */
  readonly setCursor: (cursor: string) => void;
  readonly event: E;
  readonly scheduledFor: Date;
  readonly resources: ResourceMap<R>;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly env: Env;
  readonly folders: Folders;
}

interface CommonOptions<R extends readonly AnyResource[]> {
  readonly name: string;
  /** Run for requests that name none. */
  readonly job?: Job | string | undefined;
  readonly description?: string | undefined;
  /** Whether it is on when first published; default `running`. */
  readonly defaultStatus?: "running" | "stopped" | undefined;
  /** Seconds an evaluation may take; default 60. */
  readonly timeout?: number | undefined;
  readonly requires?: R | undefined;
}

export interface SensorOptions<R extends readonly AnyResource[]> extends CommonOptions<R> {
  /** Time between evaluations: seconds, or `"30s"`, `"5m"`, `"1h"`. Default 30 seconds. */
  readonly every?: number | `${number}s` | `${number}m` | `${number}h` | undefined;
  evaluate(context: SensorContext<R>): Requests;
}

/** The materialization that woke an asset sensor. */
export interface AssetEvent {
  readonly asset: string;
  readonly partition: string | null;
  readonly run: string | null;
}
export interface AssetSensorOptions<R extends readonly AnyResource[]> extends CommonOptions<R> {
  readonly assets: readonly (AnyAsset | SourceAsset | string)[];
  /** Decides at each materialization; without it each one asks for a run of `job`. */
  evaluate?(context: SensorContext<R, AssetEvent>): Requests;
}

/** The run whose end woke a run status sensor. */
export interface RunEndEvent {
  readonly run: string;
  readonly job: string | null;
  readonly status: "succeeded" | "failed" | "canceled";
  readonly tags: Readonly<Record<string, string>>;
  readonly message: string | null;
}
export interface RunStatusSensorOptions<R extends readonly AnyResource[]> extends CommonOptions<R> {
  readonly statuses: readonly RunEndEvent["status"][];
  evaluate?(context: SensorContext<R, RunEndEvent>): Requests;
}

/** The request that woke a webhook sensor. */
export interface WebhookEvent {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  /** Parsed when it is JSON, otherwise text. */
  readonly body: unknown;
}
export interface WebhookSensorOptions<R extends readonly AnyResource[]> extends CommonOptions<R> {
  evaluate?(context: SensorContext<R, WebhookEvent>): Requests;
}

/** Made by `defineSensor()` and its relatives. */
export interface Sensor {
  readonly kind: "sensor";
  readonly name: string;
  readonly "~definition": ErasedSensor;
}

interface ErasedSensor {
  readonly type: "polling" | "asset" | "run_status" | "webhook";
  readonly job: Job | string | undefined;
  readonly description: string | undefined;
  readonly defaultStatus: "running" | "stopped";
  readonly timeout: number;
  readonly intervalSeconds: number;
  readonly assets: readonly string[] | undefined;
  readonly runStatuses: readonly RunEndEvent["status"][] | undefined;
  readonly requires: readonly AnyResource[];
  readonly site: DefinitionSite | undefined;
  readonly evaluate: ((context: SensorContext<readonly AnyResource[], unknown>) => Requests) | undefined;
}

const SECONDS = { s: 1, m: 60, h: 3600 } as const;

/** NaN for what cannot be read: the indexer reports it with its place. */
function secondsOf(every: NonNullable<SensorOptions<[]>["every"]>): number {
  if (typeof every === "number") return every;
  const [, count, unit] = /^(\d+(?:\.\d+)?)([smh])$/.exec(every) ?? [];
  return unit === "s" || unit === "m" || unit === "h" ? Number(count) * SECONDS[unit] : Number.NaN;
}

function createSensor<R extends readonly AnyResource[], E>(
  options: CommonOptions<R> & { evaluate?(context: SensorContext<R, E>): Requests },
  rest: Pick<ErasedSensor, "type" | "site"> & Partial<Pick<ErasedSensor, "assets" | "runStatuses" | "intervalSeconds">>,
): Sensor {
  return {
    kind: "sensor",
    name: options.name,
    "~definition": {
      job: options.job,
      description: options.description,
      defaultStatus: options.defaultStatus ?? "running",
      timeout: options.timeout ?? 60,
      intervalSeconds: 30,
      assets: undefined,
      runStatuses: undefined,
      requires: options.requires ?? [],
      evaluate: options.evaluate && ((context) => options.evaluate?.(context as unknown as SensorContext<R, E>)),
      ...rest,
    },
  };
}

/**
 * Defines a sensor that looks for something at an interval.
 *
 * @example
 * export const newFiles = defineSensor({
 *   name: "new_files", job: bronzeRefresh, every: "30s",
 *   async *evaluate({ cursor, setCursor, folders }) {
 *     const files = (await readdir(`${folders.root}/inbox`)).sort().filter((file) => file > (cursor ?? ""));
 *     if (files.length === 0) yield skip("no new files");
 *     for (const file of files) {
 *       yield runRequest({ runKey: file });
 *       setCursor(file);
 *     }
 *   },
 * });
 */
export function defineSensor<const R extends readonly AnyResource[] = []>(options: SensorOptions<R>): Sensor {
  return createSensor<R, undefined>(options, {
    type: "polling",
    intervalSeconds: secondsOf(options.every ?? 30),
    site: captureSite(defineSensor),
  });
}

/**
 * Defines a sensor that fires when one of some assets is materialized.
 *
 * @example
 * export const onCustomers = defineAssetSensor({ name: "on_customers", assets: [stgCustomers], job: customerPipeline });
 */
export function defineAssetSensor<const R extends readonly AnyResource[] = []>(options: AssetSensorOptions<R>): Sensor {
  const assets = options.assets.map((asset) => (typeof asset === "string" ? asset : asset.key));
  return createSensor<R, AssetEvent>(options, { type: "asset", assets, site: captureSite(defineAssetSensor) });
}

/**
 * Defines a sensor that fires when a run ends in one of some states.
 *
 * @example
 * export const onFailure = defineRunStatusSensor({
 *   name: "on_failure", statuses: ["failed"], requires: [slack],
 *   evaluate: async ({ event, resources }) => void (await resources.slack.post(`Run ${event.run} failed`)),
 * });
 */
export function defineRunStatusSensor<const R extends readonly AnyResource[] = []>(options: RunStatusSensorOptions<R>): Sensor {
  return createSensor<R, RunEndEvent>(options, {
    type: "run_status",
    runStatuses: options.statuses,
    site: captureSite(defineRunStatusSensor),
  });
}

/**
 * Defines a sensor that fires when another system calls its signed webhook.
 *
 * @example
 * export const airbyte = defineWebhookSensor({ name: "airbyte", job: bronzeRefresh });
 */
export function defineWebhookSensor<const R extends readonly AnyResource[] = []>(options: WebhookSensorOptions<R>): Sensor {
  return createSensor<R, WebhookEvent>(options, { type: "webhook", site: captureSite(defineWebhookSensor) });
}
