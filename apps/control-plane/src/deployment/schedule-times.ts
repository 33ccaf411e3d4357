/** When does a schedule fire? A schedule may have several cron expressions; together they are one sequence of times. */
import { type CronInZone, nextTick, tickAtOrBefore } from "@headgate/shared/domain/cron/next.ts";
import { parseCron } from "@headgate/shared/domain/cron/parse.ts";
import { findZone } from "@headgate/shared/domain/cron/zone.ts";
import { ok, type Result } from "@headgate/shared/domain/errors.ts";
import type { ManifestSchedule } from "@headgate/shared/manifest/schema.ts";

export function openSchedule(schedule: Pick<ManifestSchedule, "cron" | "timezone">): Result<readonly CronInZone[]> {
  const zone = findZone(schedule.timezone);
  if (!zone.ok) return zone;
  const all: CronInZone[] = [];
  for (const text of schedule.cron) {
    const cron = parseCron(text);
    if (!cron.ok) return cron;
    all.push({ cron: cron.value, zone: zone.value });
  }
  return ok(all);
}

export function nextTime(crons: readonly CronInZone[], after: number): number | null {
  const times = crons.map((cron) => nextTick(cron, after)).filter((time) => time !== null);
  return times.length > 0 ? Math.min(...times) : null;
}

export function latestTime(crons: readonly CronInZone[], until: number): number | null {
  const times = crons.map((cron) => tickAtOrBefore(cron, until)).filter((time) => time !== null);
  return times.length > 0 ? Math.max(...times) : null;
}
