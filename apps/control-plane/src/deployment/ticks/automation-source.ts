/** Finds schedules and sensors by name in the active definitions, and computes whether they are on and when they tick. */
import { type CronSchedule, openSchedule } from "@headgate/shared/domain/cron/catch-up.ts";
import type { ManifestSchedule, ManifestSensor } from "@headgate/shared/manifest/schema.ts";
import { type Choice, type OffReason, whyOff } from "@headgate/shared/domain/automation/starts-on.ts";
import { type Catalog, type Located, switchOf } from "../catalog/catalog.ts";
import type { Database } from "../kernel/database.ts";
import type { AutomationRow, Source } from "./automation-store.ts";
import { automationId } from "@headgate/shared/domain/automation-id.ts";

type Ref = Pick<Source, "location" | "name">;

interface Named {
  readonly schedules: ReadonlyMap<string, Located<ManifestSchedule>>;
  readonly sensors: ReadonlyMap<string, Located<ManifestSensor>>;
}

const nameOf = ({ location, name }: Ref) => JSON.stringify([location, name]);
const indexes = new WeakMap<Catalog, Named>();

/** Indexed by name, because a thousand schedules may be due at once. */
function byName(catalog: Catalog): Named {
  const known = indexes.get(catalog);
  if (known) return known;
  const made: Named = {
    schedules: new Map(catalog.schedules.map((entry) => [nameOf(entry), entry])),
    sensors: new Map(catalog.sensors.map((entry) => [nameOf(entry), entry])),
  };
  indexes.set(catalog, made);
  return made;
}

export function scheduleOf(catalog: Catalog, ref: Ref): Located<ManifestSchedule> | null {
  return byName(catalog).schedules.get(nameOf(ref)) ?? null;
}

export function sensorOf(catalog: Catalog, ref: Ref): Located<ManifestSensor> | null {
  return byName(catalog).sensors.get(nameOf(ref)) ?? null;
}

export function definitionOf(catalog: Catalog, source: Source): Located<ManifestSchedule> | Located<ManifestSensor> | null {
  return source.kind === "schedule" ? scheduleOf(catalog, source) : sensorOf(catalog, source);
}

type Switched = Located<Pick<ManifestSchedule, "defaultStatus">>;

const CHOICES: readonly (Choice | undefined)[] = ["off", "on", "on_alone"] satisfies Choice[];

/** The choice as it is stored in a row. */
export function storedChoice(choice: Choice): number {
  return CHOICES.indexOf(choice);
}

/** Null: it is on. */
export function offReason(
  source: { readonly db: Database },
  definition: Switched,
  row: Pick<AutomationRow, "enabled"> | null,
): OffReason | null {
  return whyOff({
    defaultStatus: definition.defaultStatus,
    location: switchOf(source, definition.location),
    choice: CHOICES[row?.enabled ?? -1] ?? null,
  });
}

export function isEnabled(source: { readonly db: Database }, definition: Switched, row: Pick<AutomationRow, "enabled"> | null): boolean {
  return offReason(source, definition, row) === null;
}

const opened = new WeakMap<ManifestSchedule, CronSchedule>();

/** Null only if the definition comes from an older release and cannot be read. Cached by definition, because every tick needs it. */
export function cronsOf(schedule: ManifestSchedule): CronSchedule | null {
  const known = opened.get(schedule);
  if (known) return known;
  const made = openSchedule(schedule.cron, schedule.timezone);
  if (!made.ok) return null;
  opened.set(schedule, made.value);
  return made.value;
}

/** The delay of all ticks of this schedule: a fixed share of its jitter. */
export function jitterMs(schedule: Located<ManifestSchedule>): number {
  const { jitterSeconds = 0 } = schedule;
  if (jitterSeconds === 0) return 0;
  return Math.floor(share(automationId({ location: schedule.location, kind: "schedule", name: schedule.name })) * jitterSeconds * 1000);
}

/** FNV-1a, as a number in [0, 1). */
function share(text: string): number {
  let hash = 0x811c9dc5;
  for (const character of text) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  // The last characters mostly change the lower bits, so these are mixed into the upper ones.
  hash ^= hash >>> 15;
  return (Math.imul(hash, 0x2c1b3c6d) >>> 0) / 4294967296;
}
