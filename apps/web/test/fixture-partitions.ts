/** Partitions, backfills, queue and timeline of the fixture deployment. Deterministic but for the present time. */
import type { BackfillCounts, BackfillDetail, BackfillSummary } from "@headgate/shared/contract/runs/backfill-views.ts";
import type { PartitionBucket, PartitionMapView } from "@headgate/shared/contract/assets/partitions.ts";
import type { DeploymentSettings } from "@headgate/shared/contract/runs/settings.ts";
import type { QueueView } from "@headgate/shared/contract/runs/queue.ts";
import type { TimelineView } from "@headgate/shared/contract/runs/timeline.ts";
import type { RunSummary } from "@headgate/shared/contract/runs/run-views.ts";
import type { PartitionsDefinition } from "@headgate/shared/domain/partitions/definition.ts";
import { openPartitions, pageOfKeys, type PartitionSet } from "@headgate/shared/domain/partitions/partition-set.ts";
import { sampleSchedules, upcomingOf } from "./fixture-automations.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

type Status = "materialized" | "failed" | "inProgress" | "missing";
function statusAt(number: number): Status {
  if (number % 29 === 13) return "failed";
  if (number % 41 === 40) return "inProgress";
  return number % 17 > 14 ? "missing" : "materialized";
}

interface MapInput {
  readonly buckets: number;
  readonly first?: string | undefined;
  readonly last?: string | undefined;
  readonly dynamic: readonly string[];
  readonly now: number;
}

export function partitionMapOf(definition: PartitionsDefinition, input: MapInput): PartitionMapView {
  const opened = openPartitions(definition, { now: input.now, dynamicKeys: () => input.dynamic });
  if (!opened.ok) throw new TypeError(opened.error.message);
  const set = opened.value;
  const [one, two] = set.dimensions ?? [];
  const across = one && two ? (one.set.time ? one.set : two.set) : set;
  const down = one && two ? (one.set.time ? two.set : one.set) : null;
  const from = Math.max(0, input.first === undefined ? 0 : across.numberOf(input.first));
  const to = input.last === undefined ? across.count : across.numberOf(input.last) + 1;
  const rowKeys = down ? pageOfKeys(down, 0, 50) : [null];
  const rows = rowKeys.map((key, row) => ({ key, buckets: bucketsOf(across, { from, to, buckets: input.buckets, salt: row * 7 }) }));
  const all = rows.flatMap((row) => row.buckets);
  const sum = (pick: (bucket: PartitionBucket) => number) => all.reduce((total, bucket) => total + pick(bucket), 0);
  return {
    definition,
    counts: {
      total: sum((bucket) => bucket.total),
      materialized: sum((bucket) => bucket.materialized),
      failed: sum((bucket) => bucket.failed),
      inProgress: sum((bucket) => bucket.inProgress),
      missing: sum((bucket) => bucket.missing),
    },
    rows,
    first: across.keyAt(from),
    last: across.keyAt(to - 1),
    moreRows: 0,
  };
}

function bucketsOf(set: PartitionSet, range: { from: number; to: number; buckets: number; salt: number }): PartitionBucket[] {
  const size = Math.max(1, Math.ceil((range.to - range.from) / range.buckets));
  const buckets: PartitionBucket[] = [];
  for (let start = range.from; start < range.to; start += size) {
    const end = Math.min(range.to, start + size);
    const counts = { materialized: 0, failed: 0, inProgress: 0, missing: 0 };
    for (let number = start; number < end; number++) counts[statusAt(number + range.salt)]++;
    const [first, last] = [set.keyAt(start) ?? "", set.keyAt(end - 1) ?? ""];
    buckets.push({
      first,
      last,
      total: end - start,
      ...counts,
      start: set.windowOf(first)?.start ?? null,
      end: set.windowOf(last)?.end ?? null,
    });
  }
  return buckets;
}

const counts = (change: Partial<BackfillCounts>): BackfillCounts => ({
  waiting: 0,
  active: 0,
  succeeded: 0,
  failed: 0,
  canceled: 0,
  blocked: 0,
  ...change,
});

export function sampleBackfills(now: number): BackfillSummary[] {
  const base = {
    selection: 'key:"gold/daily_orders"+',
    assetCount: 2,
    maxActive: 10,
    tags: {},
    createdBy: "ada",
    waiting: null,
    error: null,
  };
  return [
    {
      ...base,
      id: "bf-3",
      title: "Daily orders of November",
      status: "running",
      partitions: "2026-11-01...2026-11-22",
      runs: counts({ waiting: 12, active: 4, succeeded: 21, failed: 3, blocked: 4 }),
      createdAt: now - 9 * MINUTE,
      endedAt: null,
      error: "Binder Error: column order_day not found",
    },
    {
      ...base,
      id: "bf-2",
      title: "metrics/regional_orders, all partitions",
      status: "paused",
      partitions: "all",
      runs: counts({ waiting: 180, succeeded: 69 }),
      createdAt: now - 5 * HOUR,
      endedAt: null,
      waiting: "Paused by ada",
    },
    {
      ...base,
      id: "bf-1",
      title: "Failed of gold/daily_orders",
      status: "succeeded",
      partitions: "failed of 2026-10",
      runs: counts({ succeeded: 30 }),
      createdAt: now - 50 * HOUR,
      endedAt: now - 49 * HOUR,
    },
    {
      ...base,
      id: "bf-0",
      title: "bronze/orders, all partitions",
      status: "failed",
      partitions: "all",
      runs: counts({ succeeded: 120, failed: 1 }),
      createdAt: now - 60 * HOUR,
      endedAt: now - 59 * HOUR,
      error: "Binder Error: column order_day not found",
    },
  ];
}

export function backfillDetailOf(backfill: BackfillSummary, now: number): BackfillDetail {
  const half = (value: number) => Math.floor(value / 2);
  const { runs } = backfill;
  const first = counts({ ...runs, succeeded: runs.succeeded - half(runs.succeeded), blocked: 0, waiting: half(runs.waiting) });
  const second = counts({ succeeded: half(runs.succeeded), blocked: runs.blocked, waiting: runs.waiting - half(runs.waiting) });
  const total = (of: BackfillCounts) => Object.values(of).reduce((sum: number, value: number) => sum + value, 0);
  const failed = runs.failed > 0;
  return {
    backfill,
    assets: [
      { asset: "gold/daily_orders", total: total(first), ...first },
      { asset: "metrics/regional_orders", total: total(second), ...second },
    ],
    failures: failed
      ? [
          {
            message: "Binder Error: column order_day not found",
            count: 2,
            runs: ["019ab3c0-0002-7000-8000-0000c41f3dde", "019ab3c0-0011-7000-8000-0000c4207435"],
            partitions: ["2026-11-04", "2026-11-18"],
          },
          {
            message: "The agent was lost while the step ran",
            count: 1,
            runs: ["019ab3c0-0022-7000-8000-0000c421c97a"],
            partitions: ["2026-11-09"],
          },
        ]
      : [],
    perMinute: backfill.status === "running" ? 2.6 : null,
    estimatedEndAt: backfill.status === "running" ? now + 7 * MINUTE : null,
  };
}

export const SAMPLE_SETTINGS: DeploymentSettings = {
  maxConcurrentRuns: 10,
  tagLimits: [{ key: "team", perValue: true, limit: 3 }],
  pools: { trino: 2 },
  defaultPoolLimit: null,
  runRetry: { maxRetries: 1, strategy: "from_failure", on: "crashes" },
  startTimeoutSeconds: 600,
};

export function queueOf(settings: DeploymentSettings, runs: readonly RunSummary[], now: number): QueueView {
  const [first, second, third] = runs;
  const waiting = (run: RunSummary | undefined, kind: "pool" | "tag_limit" | "no_agent", message: string): RunSummary[] =>
    run
      ? [
          {
            ...run,
            id: `${run.id.slice(0, -1)}${kind.length}`,
            status: "queued",
            endedAt: null,
            startedAt: null,
            error: null,
            waiting: { kind, message },
          },
        ]
      : [];
  const queued = [
    ...waiting(first, "pool", "waiting for pool trino 2/2, held by run c41f3dde and 1 more"),
    ...waiting(second, "tag_limit", "waiting for a run with tag team=growth to end: 3/3 in progress"),
    ...waiting(third, "no_agent", "no agent of queue 'gpu' connected"),
  ];
  return {
    settings,
    activeRuns: 4,
    queued,
    queuedTotal: queued.length,
    pools: [
      {
        name: "trino",
        limit: settings.pools["trino"] ?? null,
        source: "settings",
        used: 2,
        holders: [
          { run: first?.id ?? "r", step: "gold/fct_orders", since: now - 4 * MINUTE },
          { run: second?.id ?? "r", step: "dbt:lakehouse", since: now - MINUTE },
        ],
        waiting: 3,
      },
      { name: "duckdb", limit: null, source: "default", used: 1, holders: [], waiting: 0 },
    ],
    tags: [{ tag: "team=growth", used: 3, limit: 3, waiting: 1 }],
    agents: { connected: 2, slots: 12, busy: 9 },
  };
}

export function timelineOf(input: { from: number; to: number; limit: number }, runs: readonly RunSummary[], now: number): TimelineView {
  const shown = runs.filter((run) => run.createdAt < input.to && (run.endedAt ?? now) >= input.from);
  return {
    from: input.from,
    to: input.to,
    now,
    runs: shown.slice(0, input.limit).map((run) => ({
      id: run.id,
      status: run.status,
      title: run.job ?? run.selection,
      trigger: run.trigger,
      createdAt: run.createdAt,
      startedAt: run.startedAt,
      endedAt: run.endedAt,
      error: run.error,
    })),
    more: Math.max(0, shown.length - input.limit),
    shortened: [],
    ticks: sampleSchedules()
      .filter((schedule) => schedule.name !== "month_end")
      .flatMap((schedule) =>
        upcomingOf({ location: schedule.location, kind: "schedule", name: schedule.name }, now)
          .filter((at) => at < input.to)
          .map((at) => ({ location: schedule.location, schedule: schedule.name, job: schedule.job, at, timezone: schedule.timezone })),
      ),
  };
}
