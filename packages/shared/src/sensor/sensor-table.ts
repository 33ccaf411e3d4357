/** The rows of all kinds of sensors, and of all types of events that wake them. The shape of each type is in `event-schema.ts`. */
import { assetEvent, assetSensor, assetsEvent } from "./asset.ts";
import { checkEvent, checkSensor } from "./check.ts";
import { pollingSensor } from "./polling.ts";
import { runEvent, runStatusSensor } from "./run-status.ts";
import { webhookEvent, webhookSensor } from "./webhook.ts";

export const SENSOR_KINDS = {
  polling: pollingSensor,
  asset: assetSensor,
  run_status: runStatusSensor,
  check: checkSensor,
  webhook: webhookSensor,
} as const;

export const EVENT_TYPES = { asset: assetEvent, assets: assetsEvent, run: runEvent, check: checkEvent, webhook: webhookEvent } as const;
