/** What all kinds of sensors have in common. */
import type { ManifestAsset, ManifestCheck } from "@headgate/shared/manifest/schema.ts";
import type { SensorEvent } from "@headgate/shared/sensor/event-schema.ts";
import type { FieldsOf } from "@headgate/shared/sensor/sensor-kind.ts";
import type { SensorKindName, sensorFields } from "@headgate/shared/sensor/sensor-table.ts";
import type { AnyAsset, SourceAsset } from "../../definitions/asset-type.ts";
import type { Job } from "../../definitions/job.ts";
import type { AnyResource, Folders, ResourceMap } from "../../definitions/resource.ts";
import type { OptionRules } from "../../options/check-options.ts";
import { DEFAULT_STATUS } from "../../options/common-rules.ts";
import type { DefinitionSite } from "../../options/definition-site.ts";
import { type Duration, secondsOf } from "../../options/duration.ts";
import type { Env, Logger } from "../../values/log.ts";
import type { Requests } from "../tick-request.ts";

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

export interface CommonOptions<R extends readonly AnyResource[]> {
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

export const SENSOR: OptionRules<CommonOptions<[]>> = {
  name: "text",
  job: "any",
  description: "text",
  defaultStatus: DEFAULT_STATUS,
  timeout: "duration",
  requires: "any",
};

/** Made by `defineSensor()` and its relatives. */
export interface Sensor {
  readonly kind: "sensor";
  /** Unique in the code location. */
  readonly name: string;
  readonly "~definition": SensorDefinition;
}

interface SensorDefinition {
  readonly type: SensorKindName;
  readonly job: Job | string | undefined;
  readonly description: string | undefined;
  readonly defaultStatus: "running" | "stopped" | undefined;
  readonly timeoutSeconds: number;
  /** What its kind adds to the manifest. */
  readonly fields: Partial<FieldsOf<typeof sensorFields>>;
  /** What is wrong with these fields, e.g. "it watches no asset." */
  problems(around: SensorSurroundings): readonly string[];
  readonly requires: readonly AnyResource[];
  readonly site: DefinitionSite | undefined;
  readonly evaluate: ((context: SensorContext<readonly AnyResource[], unknown>) => Requests) | undefined;
}

/** What else the code location defines. */
export interface SensorSurroundings {
  readonly jobs: ReadonlySet<string>;
  readonly assets: readonly Pick<ManifestAsset, "key">[];
  readonly checks: readonly Pick<ManifestCheck, "asset" | "name">[];
}

type EventType = SensorEvent["type"];
/** An event as a function sees it: without what is only for the wire, and with its time as a date. */
export type SeenEvent<T extends EventType> = T extends "assets"
  ? { readonly assets: Readonly<Record<string, SeenEvent<"asset">>> }
  : Seen<Extract<SensorEvent, { readonly type: T }>>;
type Seen<E> = { readonly [K in keyof E as Exclude<K, "type" | "seq">]: K extends "at" ? Date : E[K] };

/** `E` is the type of event that wakes the sensor. */
export function createSensor<R extends readonly AnyResource[], E extends EventType>(
  options: CommonOptions<R> & { evaluate?(context: SensorContext<R, SeenEvent<E>>): Requests },
  rest: Pick<SensorDefinition, "type" | "site" | "fields" | "problems">,
): Sensor {
  return {
    kind: "sensor",
    name: options.name,
    "~definition": {
      job: options.job,
      description: options.description,
      defaultStatus: options.defaultStatus,
      timeoutSeconds: secondsOf(options.timeout ?? 60),
      requires: options.requires ?? [],
      evaluate: options.evaluate && ((context) => options.evaluate?.(context as unknown as SensorContext<R, SeenEvent<E>>)),
      ...rest,
    },
  };
}

export function keyOf(asset: AnyAsset | SourceAsset | string): string {
  return typeof asset === "string" ? asset : asset.key;
}
