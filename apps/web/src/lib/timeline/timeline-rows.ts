/** Where do past runs and coming ticks stand on one time axis? A row for each job, bars that overlap stacked in lanes. Pure. */
import type { TimelineRun, TimelineView } from "@headgate/shared/contract/runs/timeline.ts";
import { DAY_MS, endOfGap, findZone, instantsOf } from "@headgate/shared/domain/cron/zone.ts";
import { selectionWords } from "@headgate/shared/api/selection-words.ts";

export const ZOOMS = { "1h": 3_600_000, "6h": 21_600_000, "24h": 86_400_000, "7d": 604_800_000 } as const;
export type Zoom = keyof typeof ZOOMS;

export interface TimelineBar {
  readonly run: TimelineRun;
  readonly lane: number;
  /** Shares of the whole width. */
  readonly left: number;
  readonly width: number;
}
export interface TimelineMark {
  readonly tick: TimelineView["ticks"][number];
  readonly left: number;
}
export interface TimelineRow {
  readonly title: string;
  readonly lanes: number;
  readonly bars: readonly TimelineBar[];
  readonly marks: readonly TimelineMark[];
}
export interface Span {
  readonly from: number;
  readonly to: number;
  readonly now: number;
}

const HOUR = 3_600_000;
/** A run of seconds must still be seen in a week. */
const MIN_WIDTH = 0.004;

/** Past and future: of the whole span a quarter is still to come. */
export function spanOf(zoom: Zoom, now: number): Span {
  const length = ZOOMS[zoom];
  const step = length / 96;
  const end = Math.ceil((now + length / 4) / step) * step;
  return { from: end - length, to: end, now };
}

export function timelineRows(view: Pick<TimelineView, "runs" | "ticks">, span: Span): TimelineRow[] {
  const rows = new Map<string, { bars: TimelineBar[]; ends: number[]; marks: TimelineMark[] }>();
  const rowOf = (title: string) => {
    let row = rows.get(title);
    if (!row) rows.set(title, (row = { bars: [], ends: [], marks: [] }));
    return row;
  };
  const share = (at: number) => (Math.min(span.to, Math.max(span.from, at)) - span.from) / (span.to - span.from);
  for (const run of view.runs.toSorted((a, b) => a.createdAt - b.createdAt)) {
    const end = run.endedAt ?? span.now;
    const begin = run.startedAt ?? run.createdAt;
    if (end < span.from || begin > span.to) continue;
    const row = rowOf(selectionWords(run.title));
    const left = Math.min(share(begin), 1 - MIN_WIDTH);
    const width = Math.max(MIN_WIDTH, share(end) - left);
    // Two bars that touch would look like one run.
    const free = row.ends.findIndex((last) => last + MIN_WIDTH / 4 <= left);
    const lane = free < 0 ? row.ends.length : free;
    row.ends[lane] = left + width;
    row.bars.push({ run, lane, left, width });
  }
  for (const tick of view.ticks) if (tick.at >= span.from && tick.at < span.to) rowOf(tick.job).marks.push({ tick, left: share(tick.at) });
  return [...rows]
    .map(([title, { bars, ends, marks }]) => ({ title, lanes: Math.max(1, ends.length), bars, marks }))
    .sort((a, b) => newest(b) - newest(a) || (a.title < b.title ? -1 : 1));
}

function newest(row: TimelineRow): number {
  return Math.max(0, ...row.bars.map(({ run }) => run.createdAt));
}

/** Whole hours or days of the zone for the axis, at most about eight. */
export function axisTicks(span: Span, zoneName: string): number[] {
  const steps = [HOUR / 6, HOUR / 2, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, 24 * HOUR, 48 * HOUR];
  const step = steps.find((entry) => (span.to - span.from) / entry <= 8) ?? 48 * HOUR;
  const zone = findZone(zoneName);
  if (!zone.ok) return [];
  const ticks: number[] = [];
  // By the clock on the wall: a day of 23 or 25 hours still begins at midnight.
  for (let wall = Math.floor((span.from - DAY_MS) / step) * step; wall < span.to + DAY_MS; wall += step) {
    const at = instantsOf(zone.value, wall)[0] ?? endOfGap(zone.value, wall);
    if (at !== null && at >= span.from && at < span.to) ticks.push(at);
  }
  return ticks;
}
