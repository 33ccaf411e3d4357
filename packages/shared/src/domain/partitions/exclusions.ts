/** Which windows of time partitions do not exist? Exclusions are cron expressions or single starts. */
import { ok, type Result } from "../errors.ts";
import { dayOf, ticksOfDay } from "../cron/days.ts";
import { parseCron, type CronExpression } from "../cron/parse.ts";
import type { Zone } from "../cron/zone.ts";

/** Null when nothing is excluded. */
export function readExclusions(
  texts: readonly string[],
  reader: { readonly zone: Zone; readonly read: (text: string) => Result<number> },
): Result<((tick: number) => boolean) | null> {
  const starts = new Set<number>();
  const crons: CronExpression[] = [];
  for (const text of texts) {
    if (text.startsWith("@") || text.trim().split(/\s+/).length === 5) {
      const cron = parseCron(text);
      if (!cron.ok) return cron;
      crons.push(cron.value);
    } else {
      const start = reader.read(text);
      if (!start.ok) return start;
      starts.add(start.value);
    }
  }
  if (texts.length === 0) return ok(null);
  const { zone } = reader;
  return ok((tick) => starts.has(tick) || crons.some((cron) => ticksOfDay(cron, zone, dayOf(zone, tick)).includes(tick)));
}
