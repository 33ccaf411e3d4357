/** The past runs and coming ticks of a time span, both limited in number. */
import type { InputOf } from "@headgate/shared/contract/table.ts";
import type { TimelineRun, TimelineView } from "@headgate/shared/contract/runs/timeline.ts";
import { type CronSchedule, nextTickOf } from "@headgate/shared/domain/cron/catch-up.ts";
import { ok, refuse, type Result } from "@headgate/shared/domain/errors.ts";
import { cronsOf, isEnabled } from "../ticks/automation-source.ts";
import { readAutomation } from "../ticks/automation-store.ts";
import { countRunsMadeIn, runsMadeIn, runsReachingInto } from "./timeline-store.ts";
import type { Reader } from "../kernel/reader.ts";
import { catalogOf } from "../catalog/catalog.ts";

const MAX_SPAN_MS = 92 * 86_400_000;
const TICKS_PER_SCHEDULE = 200;
const MAX_TICKS = 2_000;

export function timelineQuery(reader: Reader, input: InputOf<"timeline.get">): Result<TimelineView> {
  const { from, to, limit } = input;
  if (!(from <= to) || to - from > MAX_SPAN_MS)
    return refuse("invalid_input", "The timeline must begin before it ends and cover at most 92 days.");
  const made = runsMadeIn(reader.db, { from, to, limit });
  const before = runsReachingInto(reader.db, { from, limit: limit - made.length });
  return ok({
    from,
    to,
    now: reader.now,
    runs: [...made, ...before]
      .slice(0, limit)
      .map(({ no: _no, job, selection, ...run }): TimelineRun => ({ ...run, title: job ?? selection })),
    more: made.length < limit ? 0 : countRunsMadeIn(reader.db, { from, to }) - made.length,
    ...comingTicks(reader, input),
  });
}

function comingTicks(reader: Reader, span: { readonly from: number; readonly to: number }): Pick<TimelineView, "ticks" | "shortened"> {
  const after = Math.max(reader.now, span.from - 1);
  if (after >= span.to) return { ticks: [], shortened: [] };
  const cut = new Map<string, TimelineView["shortened"][number]>();
  const shorten = ({ location, schedule }: { readonly location: string; readonly schedule: string }) =>
    cut.set(`${location}/${schedule}`, { location, schedule });
  const ticks = catalogOf(reader).schedules.flatMap((schedule) => {
    const row = readAutomation(reader.db, { location: schedule.location, kind: "schedule", name: schedule.name });
    const crons = isEnabled(reader, schedule, row) ? cronsOf(schedule) : null;
    if (!crons) return [];
    const times = ticksUntil(crons, { after, to: span.to });
    if (times.length > TICKS_PER_SCHEDULE) shorten({ location: schedule.location, schedule: schedule.name });
    return times.slice(0, TICKS_PER_SCHEDULE).map((at) => ({
      location: schedule.location,
      schedule: schedule.name,
      job: schedule.job,
      at,
      timezone: schedule.timezone,
    }));
  });
  ticks.sort((a, b) => a.at - b.at);
  for (const left of ticks.slice(MAX_TICKS)) shorten(left);
  return { ticks: ticks.slice(0, MAX_TICKS), shortened: [...cut.values()] };
}

/** Computed one by one, because two hundred ticks of a rare schedule take centuries. One tick more than the limit shows that there are more. */
function ticksUntil(crons: CronSchedule, span: { readonly after: number; readonly to: number }): number[] {
  const ticks: number[] = [];
  for (
    let at = nextTickOf(crons, span.after);
    at !== null && at <= span.to && ticks.length <= TICKS_PER_SCHEDULE;
    at = nextTickOf(crons, at)
  )
    ticks.push(at);
  return ticks;
}
