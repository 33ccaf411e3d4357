/** A hook with the sensor of the active version that it belongs to. */
import { refuse, ok, type Result } from "@headgate/shared/domain/errors.ts";
import type { WebhookSpec } from "@headgate/shared/manifest/automation.ts";
import type { ManifestSensor } from "@headgate/shared/manifest/schema.ts";
import { type Located, catalogOf } from "../catalog/catalog.ts";
import type { Database } from "../kernel/database.ts";
import { type HookPlace, hookOfSensor, type HookRow, readHook } from "./webhook-store.ts";

export interface FoundHook {
  readonly row: HookRow;
  readonly sensor: Located<ManifestSensor>;
  readonly spec: WebhookSpec;
}

interface Source {
  readonly db: Database;
}

/** Null also when the sensor is gone or has no webhook any more. */
export function hookById(source: Source, id: string): FoundHook | null {
  const row = readHook(source.db, id);
  return row && withSensor(source, row);
}

export function hookNamed(source: Source, at: HookPlace): Result<FoundHook> {
  const row = hookOfSensor(source.db, at);
  const found = row && withSensor(source, row);
  return found ? ok(found) : refuse("not_found", `The sensor '${at.sensor}' of code location ${at.location} has no webhook.`, { ...at });
}

function withSensor(source: Source, row: HookRow): FoundHook | null {
  const sensor = catalogOf(source).sensors.find((entry) => entry.location === row.location && entry.name === row.sensor);
  return sensor?.webhook ? { row, sensor, spec: sensor.webhook } : null;
}
