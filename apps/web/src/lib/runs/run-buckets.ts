/** The runs of a day in equal pieces of time, for a strip of stacked bars: failed runs on top. Pure. */
import type { RunSummary } from "@headgate/shared/contract/runs/run-views.ts";
import { runStyle, type StatusStyle } from "#lib/status/status-style.ts";
import { TONE_ORDER } from "#lib/status/tone-colors.ts";

export interface RunBucket {
  readonly from: number;
  readonly to: number;
  readonly total: number;
  /** From the top to the bottom. */
  readonly parts: readonly (StatusStyle & { readonly count: number })[];
}

type BucketRun = Pick<RunSummary, "createdAt" | "status" | "checksFailed" | "checksWarned">;

export function runBuckets(
  runs: readonly BucketRun[],
  span: { readonly from: number; readonly to: number; readonly count: number },
): RunBucket[] {
  const length = (span.to - span.from) / span.count;
  const placed = Map.groupBy(
    runs.filter(({ createdAt }) => createdAt >= span.from && createdAt <= span.to),
    ({ createdAt }) => Math.min(span.count - 1, Math.floor((createdAt - span.from) / length)),
  );
  return [...placed]
    .sort(([a], [b]) => a - b)
    .map(([index, own]) => {
      const byLabel = Map.groupBy(own, (run) => runStyle(run).label);
      const parts = [...byLabel.values()].flatMap((same) => (same[0] ? [{ ...runStyle(same[0]), count: same.length }] : []));
      parts.sort((a, b) => TONE_ORDER[a.tone] - TONE_ORDER[b.tone]);
      return { from: span.from + index * length, to: span.from + (index + 1) * length, total: own.length, parts };
    });
}
