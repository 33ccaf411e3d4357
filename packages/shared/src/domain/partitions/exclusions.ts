/** Windows of time partitions that do not exist. Exclusions are cron expressions or single starts. */
import { ok, type Result } from "../errors.ts";
import { dayOf, ticksOfDay, type DayNumber } from "../cron/days.ts";
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
  const fires = crons.map((cron) => firesAt(cron, reader.zone));
  return ok((tick) => starts.has(tick) || fires.some((isTick) => isTick(tick)));
}

/** Windows are asked for in their order, so the ticks of the last day asked about are worth keeping. */
function firesAt(cron: CronExpression, zone: Zone): (instant: number) => boolean {
  let day: DayNumber | null = null;
  let ticks: ReadonlySet<number> = new Set();
  return (instant) => {
    const own = dayOf(zone, instant);
    if (own !== day) ticks = new Set(ticksOfDay(cron, zone, own));
    day = own;
    return ticks.has(instant);
  };
}
