/** Sensors: runs that start because something happened. */
import type { ManifestSensor } from "@headgate/shared/manifest/schema.ts";
import type { AssetCheck } from "../definitions/check.ts";
import { captureSite, type DefinitionSite } from "../options/definition-site.ts";
import { type Duration, secondsOf } from "../options/duration.ts";
import type { AnyAsset } from "../definitions/asset-type.ts";
import type { Job } from "../definitions/job.ts";
import type { Env, Logger } from "../values/log.ts";
import type { AnyResource, Folders, ResourceMap } from "../definitions/resource.ts";
import type { AssetEvent, AssetsEvent, CheckEvent, RunEndEvent, WebhookEvent } from "./sensor-events.ts";
import type { SourceAsset } from "../definitions/asset-type.ts";
import type { Requests } from "./tick-request.ts";

/** What `evaluate` of a sensor receives; `E` is the event that woke it. */
export interface SensorContext<R extends readonly AnyResource[] = readonly AnyResource[], E = undefined> {
  /** What `setCursor` stored last. */
  readonly cursor: string | null;
  /** Takes effect only when this tick's result, or a checkpoint, is stored. */
  readonly setCursor: (cursor: string) => void;
  /**
   * Stores now what this tick has yielded so far and the cursor, for a tick that takes long or asks for much: when it fails afterwards,
   * that much is kept.
   */
  readonly checkpoint: () => void;
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
  /** Time an evaluation may take: seconds, or `"30s"`, `"5m"`. Default 60 seconds. */
  readonly timeout?: Duration | undefined;
  readonly requires?: R | undefined;
}

/** How deliveries of a webhook are believed and read. */
export interface WebhookOptions {
  /**
   * `standard` (the default): signed by the Standard Webhooks scheme. `github`: signed as GitHub does. `secret`: a shared secret in a header
   * or in the address, for senders that cannot sign. `none`: whoever knows the address.
   */
  readonly verify?: "standard" | "github" | "secret" | "none" | undefined;
  /** Accepts bodies that are not JSON, as text. */
  readonly raw?: boolean | undefined;
}
/**
 * Which deliveries ask for a run without a function, and where its parts stand in them: paths such as `data.connection.id` in a JSON
 * body, `$headers.x-event` or `$query.id`.
 */
export interface WebhookMapping {
  /** All must hold. */
  readonly when?: readonly { readonly path: string; readonly equals: string | number | boolean | null }[] | undefined;
  readonly runKey?: string | undefined;
  readonly partition?: string | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
}

export interface SensorOptions<R extends readonly AnyResource[]> extends CommonOptions<R> {
  /** Time between evaluations: seconds, or `"30s"`, `"5m"`, `"1h"`. Default 30 seconds. */
  readonly every?: Duration | undefined;
  /** Gives it an address: a delivery there wakes it at once, with `event` set. */
  readonly webhook?: WebhookOptions | undefined;
  evaluate(context: SensorContext<R, WebhookEvent | undefined>): Requests;
}
export interface AssetSensorOptions<R extends readonly AnyResource[]> extends CommonOptions<R> {
  readonly assets: readonly (AnyAsset | SourceAsset | string)[];
  /** Decides at each materialization; without it each one asks for a run of `job`. */
  evaluate?(context: SensorContext<R, AssetEvent>): Requests;
}
export interface MultiAssetSensorOptions<R extends readonly AnyResource[]> extends CommonOptions<R> {
  readonly assets: readonly (AnyAsset | SourceAsset | string)[];
  /** Decides once all assets were materialized; without it that asks for a run of `job`. */
  evaluate?(context: SensorContext<R, AssetsEvent>): Requests;
}
export interface RunStatusSensorOptions<R extends readonly AnyResource[]> extends CommonOptions<R> {
  readonly statuses: readonly RunEndEvent["status"][];
  /** Only runs of these jobs; default: all runs of this code location. */
  readonly jobs?: readonly (Job | string)[] | undefined;
  /** Runs of every code location. */
  readonly allLocations?: boolean | undefined;
  evaluate?(context: SensorContext<R, RunEndEvent>): Requests;
}
export interface CheckSensorOptions<R extends readonly AnyResource[]> extends CommonOptions<R> {
  /** Checks, or assets and asset keys for all of their checks. */
  readonly checks: readonly (AssetCheck | AnyAsset | SourceAsset | string)[];
  /** Default: `failed` and `warned`. */
  readonly outcomes?: readonly CheckEvent["outcome"][] | undefined;
  evaluate?(context: SensorContext<R, CheckEvent>): Requests;
}
export interface WebhookSensorOptions<R extends readonly AnyResource[]> extends CommonOptions<R>, WebhookOptions {
  /** Instead of a function: decided in the control plane, also while no agent is connected. */
  readonly map?: WebhookMapping | undefined;
  evaluate?(context: SensorContext<R, WebhookEvent>): Requests;
}

/** Made by `defineSensor()` and its relatives. */
export interface Sensor {
  readonly kind: "sensor";
  readonly name: string;
  readonly "~definition": ErasedSensor;
}

interface ErasedSensor {
  readonly type: ManifestSensor["kind"];
  readonly job: Job | string | undefined;
  readonly description: string | undefined;
  readonly defaultStatus: "running" | "stopped";
  readonly timeoutSeconds: number;
  readonly intervalSeconds: number;
  readonly assets?: readonly string[] | undefined;
  readonly match?: "any" | "all" | undefined;
  readonly runStatuses?: readonly RunEndEvent["status"][] | undefined;
  readonly jobs?: readonly string[] | undefined;
  readonly allLocations?: boolean | undefined;
  readonly checks?: readonly string[] | undefined;
  readonly checkOutcomes?: readonly CheckEvent["outcome"][] | undefined;
  readonly webhook?: (WebhookOptions & { readonly map?: WebhookMapping | undefined }) | undefined;
  readonly requires: readonly AnyResource[];
  readonly site: DefinitionSite | undefined;
  readonly evaluate: ((context: SensorContext<readonly AnyResource[], unknown>) => Requests) | undefined;
}

function createSensor<R extends readonly AnyResource[], E>(
  options: CommonOptions<R> & { evaluate?(context: SensorContext<R, E>): Requests },
  rest: Pick<ErasedSensor, "type" | "site"> & Partial<ErasedSensor>,
): Sensor {
  return {
    kind: "sensor",
    name: options.name,
    "~definition": {
      job: options.job,
      description: options.description,
      defaultStatus: options.defaultStatus ?? "running",
      timeoutSeconds: secondsOf(options.timeout ?? 60),
      intervalSeconds: 30,
      requires: options.requires ?? [],
      evaluate: options.evaluate && ((context) => options.evaluate?.(context as unknown as SensorContext<R, E>)),
      ...rest,
    },
  };
}

function keyOf(asset: AnyAsset | SourceAsset | string): string {
  return typeof asset === "string" ? asset : asset.key;
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
  return createSensor<R, WebhookEvent | undefined>(options, {
    type: "polling",
    intervalSeconds: secondsOf(options.every ?? 30),
    webhook: options.webhook,
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
  const assets = options.assets.map(keyOf);
  return createSensor<R, AssetEvent>(options, { type: "asset", assets, site: captureSite(defineAssetSensor) });
}

/**
 * Defines a sensor that fires when all of its assets were materialized since it fired last.
 *
 * @example
 * export const bothReady = defineMultiAssetSensor({ name: "both_ready", assets: [stgOrders, stgCustomers], job: goldRefresh });
 */
export function defineMultiAssetSensor<const R extends readonly AnyResource[] = []>(options: MultiAssetSensorOptions<R>): Sensor {
  const assets = options.assets.map(keyOf);
  return createSensor<R, AssetsEvent>(options, { type: "asset", match: "all", assets, site: captureSite(defineMultiAssetSensor) });
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
    jobs: options.jobs?.map((job) => (typeof job === "string" ? job : job.name)),
    allLocations: options.allLocations,
    site: captureSite(defineRunStatusSensor),
  });
}

/**
 * Defines a sensor that fires when a check was evaluated.
 *
 * @example
 * export const onBadData = defineCheckSensor({ name: "on_bad_data", checks: [dimCustomer], job: quarantine });
 */
export function defineCheckSensor<const R extends readonly AnyResource[] = []>(options: CheckSensorOptions<R>): Sensor {
  return createSensor<R, CheckEvent>(options, {
    type: "check",
    checks: options.checks.map((check) =>
      typeof check === "object" && check.kind === "assetCheck" ? `${check.asset}:${check.name}` : keyOf(check),
    ),
    checkOutcomes: options.outcomes ?? ["failed", "warned"],
    site: captureSite(defineCheckSensor),
  });
}

/**
 * Defines a sensor that fires when another system calls its webhook. The dashboard shows its address and makes its secret.
 *
 * @example
 * export const orders = defineWebhookSensor({
 *   name: "orders", job: bronzeRefresh, map: { when: [{ path: "type", equals: "order.created" }], runKey: "id", tags: { order: "data.id" } },
 * });
 */
export function defineWebhookSensor<const R extends readonly AnyResource[] = []>(options: WebhookSensorOptions<R>): Sensor {
  const { verify, raw, map } = options;
  return createSensor<R, WebhookEvent>(options, { type: "webhook", webhook: { verify, raw, map }, site: captureSite(defineWebhookSensor) });
}
