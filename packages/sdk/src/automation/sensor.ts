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
  /** What `setCursor` stored last; null before the first time. */
  readonly cursor: string | null;
  /** Sets the cursor for the next tick. It is stored with the result of this tick, or at a checkpoint. */
  readonly setCursor: (cursor: string) => void;
  /**
   * Stores what this tick has yielded so far and the cursor. If a long tick fails afterwards, that part is kept.
   */
  readonly checkpoint: () => void;
  /** What woke the sensor. */
  readonly event: E;
  /** When the tick was due, which may be a little in the past. */
  readonly scheduledFor: Date;
  /** Values of the resources in `requires`, by key. */
  readonly resources: ResourceMap<R>;
  /** Writes log lines, which appear in the tick. */
  readonly log: Logger;
  /** Aborted when the tick times out. */
  readonly signal: AbortSignal;
  /** Environment variables of the worker. */
  readonly env: Env;
  /** Folders that the function may use. */
  readonly folders: Folders;
}

interface CommonOptions<R extends readonly AnyResource[]> {
  /** Unique in the code location. */
  readonly name: string;
  /** The job of requests that name none. Default: none. */
  readonly job?: Job | string | undefined;
  /** Shown in the dashboard. */
  readonly description?: string | undefined;
  /**
   * Whether it is on before a person switches it. `"running"`: from the first publish. `"stopped"`: only when it is switched on itself.
   * Default: once its code location is switched on with `headgate on --location <name>`.
   */
  readonly defaultStatus?: "running" | "stopped" | undefined;
  /** Time limit of one evaluation. Default 60 seconds. */
  readonly timeout?: Duration | undefined;
  /** Resources that `evaluate` uses. Default: none. */
  readonly requires?: R | undefined;
}

/** How deliveries of a webhook are verified and read. */
export interface WebhookOptions {
  /**
   * `standard` (the default): signed by the Standard Webhooks scheme. `github`: signed as GitHub does. `secret`: a shared secret in a header
   * or in the address, for senders that cannot sign. `none`: every sender that knows the address.
   */
  readonly verify?: "standard" | "github" | "secret" | "none" | undefined;
  /** True: accepts bodies that are not JSON, as text. Default false. */
  readonly raw?: boolean | undefined;
}
/**
 * Which deliveries ask for a run without a function, and where its parts stand in them: paths such as `data.connection.id` in a JSON
 * body, `$headers.x-event` or `$query.id`.
 */
export interface WebhookMapping {
  /** Conditions that a delivery must all meet. Default: none. */
  readonly when?: readonly { readonly path: string; readonly equals: string | number | boolean | null }[] | undefined;
  /** Where the run key stands. Default: every delivery asks for a run of its own. */
  readonly runKey?: string | undefined;
  /** Where the partition key stands. Default: none. */
  readonly partition?: string | undefined;
  /** Name of a tag of the run -> where its value stands. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
}

/** Options of `defineSensor`. */
export interface SensorOptions<R extends readonly AnyResource[]> extends CommonOptions<R> {
  /** Time between evaluations. Default 30 seconds. */
  readonly every?: Duration | undefined;
  /** Gives the sensor an address. A delivery there starts a tick at once, with `event` set. Default: none. */
  readonly webhook?: WebhookOptions | undefined;
  /** Looks for something new and asks for runs. Nothing returned means: skip. */
  evaluate(context: SensorContext<R, WebhookEvent | undefined>): Requests;
}
/** Options of every ready-made sensor, such as `fileSensor`. */
export interface ReadyMadeSensorOptions extends Pick<
  SensorOptions<[]>,
  "name" | "job" | "every" | "description" | "defaultStatus" | "timeout"
> {}

/** Options of `defineAssetSensor`. */
export interface AssetSensorOptions<R extends readonly AnyResource[]> extends CommonOptions<R> {
  /** The assets to watch, or their keys; assets of other code locations too. */
  readonly assets: readonly (AnyAsset | SourceAsset | string)[];
  /** Decides at each materialization. Default: each one asks for a run of `job`. */
  evaluate?(context: SensorContext<R, AssetEvent>): Requests;
}
/** Options of `defineMultiAssetSensor`. */
export interface MultiAssetSensorOptions<R extends readonly AnyResource[]> extends CommonOptions<R> {
  /** The assets that must all be materialized, or their keys. */
  readonly assets: readonly (AnyAsset | SourceAsset | string)[];
  /** Decides once all assets were materialized. Default: that asks for a run of `job`. */
  evaluate?(context: SensorContext<R, AssetsEvent>): Requests;
}
/** Options of `defineRunStatusSensor`. */
export interface RunStatusSensorOptions<R extends readonly AnyResource[]> extends CommonOptions<R> {
  /** The ends of a run that the sensor watches. */
  readonly statuses: readonly RunEndEvent["status"][];
  /** Only runs of these jobs. Default: all runs of this code location. */
  readonly jobs?: readonly (Job | string)[] | undefined;
  /** True: watches runs of every code location. Default false. */
  readonly allLocations?: boolean | undefined;
  /** Decides at each end of a run. Default: each one asks for a run of `job`. */
  evaluate?(context: SensorContext<R, RunEndEvent>): Requests;
}
/** Options of `defineCheckSensor`. */
export interface CheckSensorOptions<R extends readonly AnyResource[]> extends CommonOptions<R> {
  /** Checks, or assets and asset keys for all of their checks. */
  readonly checks: readonly (AssetCheck | AnyAsset | SourceAsset | string)[];
  /** Default: `failed` and `warned`. */
  readonly outcomes?: readonly CheckEvent["outcome"][] | undefined;
  /** Decides at each result. Default: each one asks for a run of `job`. */
  evaluate?(context: SensorContext<R, CheckEvent>): Requests;
}
/** Options of `defineWebhookSensor`. */
export interface WebhookSensorOptions<R extends readonly AnyResource[]> extends CommonOptions<R>, WebhookOptions {
  /** Asks for runs without a function. The control plane evaluates it, also while no agent is connected. */
  readonly map?: WebhookMapping | undefined;
  /** Decides at each delivery. Default: `map` decides, else each delivery asks for a run of `job`. */
  evaluate?(context: SensorContext<R, WebhookEvent>): Requests;
}

/** Made by `defineSensor()` and its relatives. */
export interface Sensor {
  readonly kind: "sensor";
  /** Unique in the code location. */
  readonly name: string;
  readonly "~definition": ErasedSensor;
}

interface ErasedSensor {
  readonly type: ManifestSensor["kind"];
  readonly job: Job | string | undefined;
  readonly description: string | undefined;
  readonly defaultStatus: "running" | "stopped" | undefined;
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
      defaultStatus: options.defaultStatus,
      timeoutSeconds: secondsOf(options.timeout ?? 60),
      intervalSeconds: 30,
      requires: options.requires ?? [],
      evaluate: options.evaluate && ((context) => options.evaluate?.(context as unknown as SensorContext<R, E>)),
      ...rest,
    },
  };
}

/** The options that a ready-made sensor hands on to `defineSensor`. */
export function commonSensorOptions({
  name,
  job,
  every,
  description,
  defaultStatus,
  timeout,
}: ReadyMadeSensorOptions): ReadyMadeSensorOptions {
  return { name, job, every, description, defaultStatus, timeout };
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
