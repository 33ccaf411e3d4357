/** The rows of all kinds of sensors, and of all types of events that wake them: a schema and texts for each type. */
import { assetEvent, assetEventSchema, assetSensor, assetsEvent, assetsEventSchema } from "./asset.ts";
import { checkEvent, checkEventSchema, checkSensor } from "./check.ts";
import { pollingSensor } from "./polling.ts";
import { runEvent, runEventSchema, runStatusSensor } from "./run-status.ts";
import { webhookEvent, webhookEventSchema, webhookSensor } from "./webhook.ts";

export const SENSOR_KINDS = {
  polling: pollingSensor,
  asset: assetSensor,
  run_status: runStatusSensor,
  check: checkSensor,
  webhook: webhookSensor,
} as const;

export const EVENT_TYPES = { asset: assetEvent, assets: assetsEvent, run: runEvent, check: checkEvent, webhook: webhookEvent } as const;

export const EVENT_SCHEMAS = [assetEventSchema, assetsEventSchema, runEventSchema, checkEventSchema, webhookEventSchema] as const;
