/** Sensors that look for something at an interval. */
import type { AnyResource } from "../../definitions/resource.ts";
import { checkOptions, type OptionRules } from "../../options/check-options.ts";
import { captureSite } from "../../options/definition-site.ts";
import { type Duration, DURATION_FORMS, secondsOf } from "../../options/duration.ts";
import type { Requests } from "../tick-request.ts";
import { type CommonOptions, createSensor, SENSOR, type Sensor, type SensorContext } from "./sensor.ts";
import { WEBHOOK, type WebhookEvent, webhookField, type WebhookOptions } from "./webhook-sensor.ts";

/** Options of `defineSensor`. */
export interface SensorOptions<R extends readonly AnyResource[]> extends CommonOptions<R> {
  /** Time between evaluations. Default 30 seconds. */
  readonly every?: Duration | undefined;
  /** Gives the sensor an address. A delivery there starts a tick at once, with `event` set. Default: none. */
  readonly webhook?: WebhookOptions | undefined;
  /** Looks for something new and asks for runs. Nothing returned means: skip. */
  evaluate(context: SensorContext<R, WebhookEvent | undefined>): Requests;
}
const POLLING_SENSOR: OptionRules<SensorOptions<[]>> = {
  ...SENSOR,
  every: "duration",
  webhook: { options: WEBHOOK },
  evaluate: "function",
};

/** Options of every ready-made sensor, such as `fileSensor`. */
export interface ReadyMadeSensorOptions extends Pick<
  SensorOptions<[]>,
  "name" | "job" | "every" | "description" | "defaultStatus" | "timeout"
> {}

const { requires: _requires, ...READY_MADE } = SENSOR;
export const READY_MADE_SENSOR: OptionRules<ReadyMadeSensorOptions> = { ...READY_MADE, every: "duration" };

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
  checkOptions(options, POLLING_SENSOR, { call: "defineSensor", definer: defineSensor, what: "Sensor", needs: ["name"] });
  const intervalSeconds = secondsOf(options.every ?? 30);
  return createSensor<R, "webhook">(options, {
    type: "polling",
    fields: { intervalSeconds, ...(options.webhook && { webhook: webhookField(options.webhook) }) },
    problems: () => (intervalSeconds >= 1 ? [] : [`'every' must be ${DURATION_FORMS}, at least 1 second.`]),
    site: captureSite(defineSensor),
  });
}
