/** Rows and bars of the run's timeline: one row per step, and per asset of a step with several (a dbt model). Pure. */
import type { EventRow, StepView } from "@headgate/shared/contract/runs/run-views.ts";
import { plural } from "@headgate/shared/format/number.ts";
import { stepAssetStyle, stepStyle, type StatusStyle } from "#lib/status/status-style.ts";
import { splitMessage } from "./failure-text.ts";
import type { RunState } from "./run-state.ts";

export interface TimelineBar {
  /** `earlier`: an attempt that failed before the current one. */
  readonly kind: "waiting" | "starting" | "running" | "earlier";
  readonly start: number;
  /** Null while in progress. */
  readonly end: number | null;
}
export interface TimelineRow {
  readonly id: string;
  readonly step: string;
  /** Null for the step's own row. */
  readonly asset: string | null;
  readonly label: string;
  readonly depth: 0 | 1;
  readonly style: StatusStyle;
  readonly bars: readonly TimelineBar[];
  /** Text beside the bar: failure, waiting reason or row count. */
  readonly note: string | null;
  readonly noteTone: "bad" | "muted";
}

/** The attempts of each step that ended with a retry, from the events of the run. */
export function earlierAttempts(events: readonly EventRow[]): ReadonlyMap<string, readonly TimelineBar[]> {
  const found = new Map<string, TimelineBar[]>();
  const started = new Map<string, number>();
  for (const { step, at, event } of events) {
    if (step === null) continue;
    if (event.type === "step_started") started.set(step, at);
    if (event.type !== "step_failed" || !event.willRetry) continue;
    const start = started.get(step);
    if (start !== undefined) found.set(step, [...(found.get(step) ?? []), { kind: "earlier", start, end: at }]);
    started.delete(step);
  }
  return found;
}

export function timelineRows(state: RunState, earlier: ReadonlyMap<string, readonly TimelineBar[]> = new Map()): TimelineRow[] {
  const rows: TimelineRow[] = [];
  for (const step of state.detail.steps) {
    const current = state.steps.get(step.key) ?? step;
    const bars: TimelineBar[] = [...(earlier.get(current.key) ?? [])];
    const begin = current.assignedAt ?? current.startedAt ?? current.endedAt;
    if (current.readyAt !== null && (begin !== null || current.status === "pending"))
      bars.push({ kind: "waiting", start: current.readyAt, end: begin });
    if (current.assignedAt !== null && current.status !== "skipped")
      bars.push({ kind: "starting", start: current.assignedAt, end: current.startedAt ?? current.endedAt });
    if (current.startedAt !== null) bars.push({ kind: "running", start: current.startedAt, end: current.endedAt });
    const failure = current.failure?.message ?? null;
    const assets = state.stepAssets.get(current.key) ?? [];
    const alone = current.assets.length === 1 ? assets[0] : undefined;
    rows.push({
      id: current.key,
      step: current.key,
      asset: null,
      label: current.key,
      depth: 0,
      style: stepStyle(current.status),
      bars,
      note: stepNote(current, alone?.rowCount ?? null),
      noteTone: failure === null ? "muted" : "bad",
    });
    if (current.assets.length < 2) continue;
    // By start time, so live and reloaded pages agree.
    for (const asset of assets.toSorted((one, other) => (one.startedAt ?? Infinity) - (other.startedAt ?? Infinity) || 0)) {
      rows.push({
        id: `${current.key} ${asset.asset}`,
        step: current.key,
        asset: asset.asset,
        label: asset.asset,
        depth: 1,
        style: stepAssetStyle(asset.status),
        bars: asset.startedAt === null ? [] : [{ kind: "running", start: asset.startedAt, end: asset.endedAt }],
        note: asset.message ?? rowsNote(asset.rowCount),
        noteTone: asset.status === "failed" ? "bad" : "muted",
      });
    }
  }
  return rows;
}

/** The most important fact about the step: failure, waiting reason, retry, row count. */
function stepNote(step: StepView, rowCount: number | null): string | null {
  if (step.failure !== null) return splitMessage(step.failure.message).sentence;
  if (step.waiting !== null) return step.waiting.message;
  if (step.status === "skipped") return "skipped: an upstream step did not succeed";
  if (step.attempt > 1) return `attempt ${step.attempt} of ${step.maxAttempts}`;
  return rowsNote(rowCount);
}

function rowsNote(count: number | null): string | null {
  return count === null ? null : plural(count, "row");
}

/** First and last instant to show; an active run ends at `now`. */
export function timelineSpan(state: RunState, now: number): { readonly start: number; readonly end: number } {
  const { run } = state.detail;
  const start = run.createdAt;
  return { start, end: Math.max(run.endedAt ?? now, start + 100) };
}

const STEPS_MS = [
  10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000, 3_600_000, 7_200_000,
  21_600_000, 86_400_000,
];

/** Offsets from the start at which the axis has marks: at most `count` of them, at round durations. */
export function timelineTicks(spanMs: number, count: number): number[] {
  const step = STEPS_MS.find((candidate) => spanMs / candidate <= count) ?? 86_400_000 * Math.ceil(spanMs / 86_400_000 / count);
  const ticks: number[] = [];
  for (let at = 0; at <= spanMs; at += step) ticks.push(at);
  return ticks;
}

export interface NotePlace {
  readonly side: "after" | "before" | "inside";
  /** CSS lengths within the row. */
  readonly left: string | undefined;
  readonly right: string | undefined;
  readonly space: string;
}

/** Places the note where it has most space: after the bars, before them, or on them. */
export function notePlace(
  row: Pick<TimelineRow, "bars">,
  span: { readonly start: number; readonly length: number; readonly now: number },
): NotePlace {
  const percent = (at: number) => Math.min(100, Math.max(0, (100 * (at - span.start)) / span.length));
  const first = row.bars[0];
  if (first === undefined) return { side: "after", left: "0%", right: undefined, space: "100%" };
  const begin = percent(first.start);
  const end = percent(Math.max(...row.bars.map((bar) => bar.end ?? span.now)));
  const after = 100 - end;
  if (after >= 30 || after >= begin)
    return after >= 12
      ? { side: "after", left: `${end}%`, right: undefined, space: `${after}%` }
      : { side: "inside", left: `${begin}%`, right: undefined, space: `${100 - begin}%` };
  return begin >= 12
    ? { side: "before", left: undefined, right: `${100 - begin}%`, space: `${begin}%` }
    : { side: "inside", left: `${begin}%`, right: undefined, space: `${100 - begin}%` };
}
