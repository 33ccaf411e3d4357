/**
 * All kinds of sensors, and all types of events that wake them. Functions make the schemas, so that the dashboard, which shows only the
 * texts, loads no parser.
 */
import { assetEvent, assetEventSchema, assetFields, assetSensor, assetsEvent, assetsEventSchema } from "./asset.ts";
import { checkEvent, checkEventSchema, checkFields, checkSensor } from "./check.ts";
import { pollingFields, pollingSensor } from "./polling.ts";
import { runEvent, runEventSchema, runStatusFields, runStatusSensor } from "./run-status.ts";
import { webhookEvent, webhookEventSchema, webhookSensor } from "./webhook.ts";

export const SENSOR_KINDS = {
  polling: pollingSensor,
  asset: assetSensor,
  run_status: runStatusSensor,
  check: checkSensor,
  webhook: webhookSensor,
} as const;
export type SensorKindName = keyof typeof SENSOR_KINDS;
export const SENSOR_KIND_NAMES = Object.keys(SENSOR_KINDS) as SensorKindName[];

/** The fields of all kinds in the manifest. */
export const sensorFields = () => ({ ...pollingFields(), ...assetFields(), ...runStatusFields(), ...checkFields() });

export const EVENT_TYPES = { asset: assetEvent, assets: assetsEvent, run: runEvent, check: checkEvent, webhook: webhookEvent } as const;

export const eventSchemas = () =>
  [assetEventSchema(), assetsEventSchema(), runEventSchema(), checkEventSchema(), webhookEventSchema()] as const;
