/** Finds a webhook together with its sensor in the active version. */
import { refuse, ok, type Result } from "@headgate/shared/domain/errors.ts";
import type { WebhookSpec } from "@headgate/shared/manifest/automation.ts";
import type { ManifestSensor } from "@headgate/shared/manifest/schema.ts";
import { type Located, catalogOf } from "../catalog/catalog.ts";
import type { Database } from "../kernel/database.ts";
import { type WebhookPlace, webhookOfSensor, type WebhookRow, readWebhook } from "./webhook-store.ts";

export interface FoundWebhook {
  readonly row: WebhookRow;
  readonly sensor: Located<ManifestSensor>;
  readonly spec: WebhookSpec;
}

interface Source {
  readonly db: Database;
}

/** Null if there is no such webhook, or if its sensor is gone or no longer has one. */
export function webhookById(source: Source, id: string): FoundWebhook | null {
  const row = readWebhook(source.db, id);
  return row && withSensor(source, row);
}

export function webhookNamed(source: Source, at: WebhookPlace): Result<FoundWebhook> {
  const row = webhookOfSensor(source.db, at);
  const found = row && withSensor(source, row);
  return found ? ok(found) : refuse("not_found", `The sensor '${at.sensor}' of code location ${at.location} has no webhook.`, { ...at });
}

function withSensor(source: Source, row: WebhookRow): FoundWebhook | null {
  const sensor = catalogOf(source).sensors.find((entry) => entry.location === row.location && entry.name === row.sensor);
  return sensor?.webhook ? { row, sensor, spec: sensor.webhook } : null;
}
