/** Converts backfill rows to API views. */
import type { BackfillCounts, BackfillDetail, BackfillSummary } from "@headgate/shared/contract/runs/backfill-views.ts";
import type { BackfillSlices } from "@headgate/shared/domain/run/backfill-slices.ts";
import { countOf, difference, includes, numbersOf, type PartitionSubset } from "@headgate/shared/domain/partitions/subset.ts";
import { lostOf, planOf, statesOf } from "./backfill-plans.ts";
import type { RunRow } from "../runs/tables.ts";
import { type BackfillRow, failedRuns, recentEnds, retryOf } from "./backfill-store.ts";
import type { Database } from "../kernel/database.ts";
import { readRunByNo } from "../runs/run-store.ts";
import { type Reader } from "../kernel/reader.ts";
import { runWaitsFor, type WaitContext, readWaitContext } from "../queue/waiting.ts";

export function backfillSummary(db: Database, row: BackfillRow, wait: WaitContext): BackfillSummary {
  return {
    id: row.id,
    title: row.title,
    status: row.status,
    selection: row.selection,
    assetCount: row.assetCount,
    partitions: row.partitions,
    runs: runCounts(row),
    maxActive: row.maxActive,
    createdAt: row.createdAt,
    createdBy: row.createdBy,
    endedAt: row.endedAt,
    tags: row.tags,
    error: row.error,
    waiting: row.status === "running" ? waitsFor(db, row, wait) : null,
  };
}

function runCounts(row: BackfillRow): BackfillCounts {
  const counts = {
    active: row.active.length,
    succeeded: countOf(row.succeeded),
    failed: countOf(row.failed),
    canceled: countOf(row.canceled),
    blocked: row.blocked,
  };
  return { waiting: row.runsTotal - Object.values(counts).reduce((sum, count) => sum + count, 0), ...counts };
}

/** The most active runs examined to find one that is not waiting. */
const MAX_LOOKED_AT = 50;

/** Why the backfill waits; null if one of its runs is executing. */
function waitsFor(db: Database, row: BackfillRow, wait: WaitContext): string | null {
  let reason: string | null = null;
  for (const [, first] of row.active.slice(0, MAX_LOOKED_AT)) {
    const run = newestRow(db, first);
    if (!run) continue;
    if (run.status === "starting" || run.status === "running" || run.status === "canceling") return null;
    reason ??= run.retryAt === null ? (runWaitsFor(run, wait)?.message ?? null) : "its failed runs wait for their retry";
  }
  return reason;
}

function newestRow(db: Database, no: number): RunRow | null {
  const run = readRunByNo(db, no);
  if (!run || run.backfillNo === null) return run;
  const retry = retryOf(db, { id: run.id, backfillNo: run.backfillNo });
  return retry === null ? run : newestRow(db, retry);
}

export function backfillDetail(reader: Reader, row: BackfillRow): BackfillDetail {
  const plan = planOf(reader.db, row);
  const rate = row.endedAt === null ? perMinute(recentEnds(reader.db, row.no, 100), reader.now) : null;
  const { waiting, active } = runCounts(row);
  return {
    backfill: backfillSummary(reader.db, row, readWaitContext(reader)),
    assets: assetCounts(plan, row, lostOf(reader.db, row)),
    failures: failures(reader.db, row, plan),
    perMinute: rate,
    estimatedEndAt:
      rate === null || rate === 0 || row.status !== "running" ? null : Math.round(reader.now + ((waiting + active) / rate) * 60_000),
  };
}

type Counts = { -readonly [K in keyof BackfillCounts]: number };

/** One pass over the plan: all assets of a group have the same counts. */
function assetCounts(plan: BackfillSlices, row: BackfillRow, lost: PartitionSubset): BackfillDetail["assets"] {
  const groups = plan.groups.map((): Counts & { total: number } => ({
    total: 0,
    waiting: 0,
    active: 0,
    succeeded: 0,
    failed: 0,
    canceled: 0,
    blocked: 0,
  }));
  const { active, succeeded, failed, canceled } = statesOf(row);
  const blocked = difference(difference(lost, failed), canceled);
  for (const slice of plan.slices) {
    const group = groups[slice.group];
    if (!group) continue;
    group.total += slice.partitions;
    group.waiting += slice.partitions;
  }
  for (const [state, numbers] of Object.entries({ active, succeeded, failed, canceled, blocked }) as [keyof Counts, PartitionSubset][]) {
    for (const number of numbersOf(numbers)) {
      const slice = plan.slices[number];
      const group = slice && groups[slice.group];
      if (!group) continue;
      group[state] += slice.partitions;
      group.waiting -= slice.partitions;
    }
  }
  return plan.groups.flatMap((assets, index) => assets.map((asset) => ({ asset, ...(groups[index] ?? none()) })));
}

function none() {
  return { total: 0, waiting: 0, active: 0, succeeded: 0, failed: 0, canceled: 0, blocked: 0 };
}

/** The most failed runs read; with more failures, only the newest are counted. */
const MAX_FAILED_RUNS = 20_000;
const MAX_SENTENCES = 50;
const MAX_EXAMPLES = 20;

function failures(db: Database, row: BackfillRow, plan: BackfillSlices): BackfillDetail["failures"] {
  const groups = new Map<string, { message: string; count: number; runs: string[]; partitions: string[] }>();
  const note = (message: string, at: { readonly run: string | null; readonly partition: string | null }) => {
    const group = groups.get(message) ?? { message, count: 0, runs: [], partitions: [] };
    if (groups.size >= MAX_SENTENCES && group.count === 0) return;
    groups.set(message, group);
    group.count++;
    if (at.run !== null && group.runs.length < MAX_EXAMPLES) group.runs.push(at.run);
    if (at.partition !== null && group.partitions.length < MAX_EXAMPLES) group.partitions.push(at.partition);
  };
  if (row.failed.length === 0) return [];
  const seen = new Set<number>();
  for (const { message, slices } of row.refused) {
    for (const slice of numbersOf(slices)) {
      seen.add(slice);
      note(message, { run: null, partition: plan.slices[slice]?.partition ?? null });
    }
  }
  for (const run of failedRuns(db, row.no, MAX_FAILED_RUNS)) {
    // If a slice was retried, its newest run has the message.
    if (seen.has(run.slice) || !includes(row.failed, run.slice)) continue;
    seen.add(run.slice);
    note(run.error ?? "The run failed.", { run: run.id, partition: run.partition });
  }
  return [...groups.values()].sort((a, b) => b.count - a.count);
}

const LATELY_MS = 10 * 60_000;

/** The rate of runs that ended in the last ten minutes; null while there are fewer than two. */
function perMinute(ends: readonly number[], now: number): number | null {
  const lately = ends.filter((at) => at > now - LATELY_MS);
  const first = Math.min(...lately);
  if (lately.length < 2) return null;
  return Math.round((lately.length / Math.max(1000, now - first)) * 60_000 * 10) / 10;
}
