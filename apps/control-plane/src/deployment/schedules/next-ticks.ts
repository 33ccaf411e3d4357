/** The next ticks of all schedules. */
import type { HomeView } from "@headgate/shared/contract/home.ts";
import { comingSchedules } from "../ticks/automation-store.ts";
import type { Reader } from "../kernel/reader.ts";
import { catalogOf } from "../catalog/catalog.ts";

const SHOWN = 10;

export function nextTicks(reader: Reader): HomeView["nextTicks"] {
  const { schedules } = catalogOf(reader);
  return comingSchedules(reader.db, SHOWN).flatMap((row) => {
    const schedule = schedules.find((entry) => entry.location === row.location && entry.name === row.name);
    return schedule && row.nextAt !== null
      ? [{ schedule: row.name, location: row.location, job: schedule.job, at: row.nextAt, timezone: schedule.timezone }]
      : [];
  });
}
