/**
 * States, runs, versions and agents of a deployment shaped like the lakehouse example, as the control plane would describe them.
 * Deterministic.
 */
import type { AgentView } from "@headgate/shared/contract/catalog/agents.ts";
import { type AssetState, assetStateSchema } from "@headgate/shared/contract/assets/asset-views.ts";
import type { LocationView, VersionView } from "@headgate/shared/contract/catalog/locations.ts";
import { type RunSummary, runSummarySchema } from "@headgate/shared/contract/runs/run-views.ts";
import type { Metadata } from "@headgate/shared/domain/metadata.ts";
import { LOCATION, type FixtureAsset } from "./fixture-definitions.ts";
import { plainValue } from "./plain-value.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

export function metadataOf(key: string, rows: number): Metadata {
  return {
    row_count: { type: "int", value: rows },
    duration_seconds: { type: "float", value: 1.284 },
    relation: { type: "text", value: `lakehouse.${key.replace("/", ".")}` },
    freshest_row: { type: "timestamp", value: Date.UTC(2026, 10, 22, 23, 59) },
    null_share: { type: "float", value: 0.0312 },
    complete: { type: "bool", value: true },
    report: { type: "url", value: "https://reports.example.com/run/1" },
    unsafe: { type: "url", value: "javascript:alert(1)" },
    notes: { type: "md", value: "Loaded **incrementally**; see `updated_at`." },
    query: { type: "sql", value: "select customer_key, count(*) as orders\nfrom gold.fct_orders\ngroup by 1\norder by 2 desc" },
    profile: { type: "json", value: { columns: 8, distinct: { customer_key: 1000, country: 42 } } },
    sample: {
      type: "table",
      value: {
        columns: [
          { name: "customer_key", type: "INTEGER" },
          { name: "email", type: "VARCHAR" },
        ],
        records: [
          { customer_key: 1, email: "ada@example.com" },
          { customer_key: 2, email: null },
        ],
      },
    },
    upstream: { type: "asset", value: "bronze/stg_customers" },
  };
}

/** It changed after everything else was made, so what reads it is stale. */
const CHANGED = "gold/fct_orders";

export function statesOf(assets: readonly FixtureAsset[], now: number): AssetState[] {
  return assets.map((asset, index): AssetState => {
    const total = asset.checks.length;
    const external = asset.unit === null;
    const broken = asset.key === "gold/broken_attribution" || (assets.length > 100 && index % 97 === 3);
    const never = asset.key === "metrics/churn_features" || (assets.length > 100 && index % 41 === 5);
    const checkFailed = asset.key === "metrics/daily_revenue";
    const checkWarned = asset.key === "silver/dim_customer";
    return {
      key: asset.key,
      health: external || never ? "unknown" : broken || checkFailed ? "failed" : checkWarned || asset.partitions ? "warning" : "healthy",
      materialized:
        external || never || broken
          ? null
          : {
              at: now - 38 * MINUTE - index * 4000,
              run: runId(1),
              step: "dbt:lakehouse",
              partition: asset.partitions ? "2026-11-22" : null,
              durationMs: 800 + ((index * 317) % 4000),
              rowCount: 1000 + ((index * 7919) % 90_000),
              codeVersion: "3f9c1e",
            },
      failed: broken
        ? {
            at: now - 12 * MINUTE,
            run: runId(2),
            step: asset.key,
            message: "KeyError: 'missing' is not a column of gold.fct_orders",
            partition: null,
          }
        : null,
      inProgress: null,
      places: placesOf(asset.key, now),
      checksNotPassed:
        checkFailed || checkWarned
          ? [
              {
                name: checkFailed ? "revenue_not_negative" : "not_null_email",
                severity: checkFailed ? "error" : "warn",
                description: checkFailed ? "3 of 120 days have a negative revenue" : "Got 31 results, configured to warn if >0",
                run: runId(1),
              },
            ]
          : [],
      checks: {
        passed: never || external ? 0 : total - (checkFailed || checkWarned ? 1 : 0),
        warned: checkWarned ? 1 : 0,
        failed: checkFailed ? 1 : 0,
        unknown: never ? total : 0,
      },
      partitions: asset.partitions ? { total: 114, materialized: 108, failed: 1 } : null,
      freshness:
        asset.key === "gold/fct_orders"
          ? { state: "overdue", since: now - 5 * HOUR, changesAt: null }
          : asset.key === "silver/dim_customer"
            ? { state: "fresh", since: now - 2 * HOUR, changesAt: now + 3 * HOUR }
            : null,
    };
  });
}

/** Everything was made in one go, except that the orders changed 12 minutes ago. */
function placesOf(key: string, now: number): AssetState["places"] {
  const seq = key === CHANGED ? 3000 : 500;
  return { materialized: { seq: 1001, saw: 1000 }, changed: { seq, saw: seq, at: now - 12 * MINUTE } };
}

export function runId(index: number): string {
  return `019ab3c0-${String(index).padStart(4, "0")}-7000-8000-0000${(0xc41f0000 + index * 7919).toString(16).slice(-8)}`;
}

/** A healthy asset that was never made here, except for `change`. */
export function assetState(key: string, change: Partial<AssetState> = {}): AssetState {
  return { ...plainValue(assetStateSchema), key, health: "healthy", ...change };
}

/** A run of one asset that waits in the queue, except for `change`. */
export function queuedRun(id: string, change: Partial<RunSummary> = {}): RunSummary {
  return {
    ...plainValue(runSummarySchema),
    id,
    status: "queued",
    selection: "*",
    trigger: { type: "person", user: "ada" },
    createdAt: 1,
    assetCount: 1,
    steps: { total: 1, succeeded: 0, failed: 0, skipped: 0, running: 0, canceled: 0 },
    lastSeq: 1,
    ...change,
  };
}

export function sampleRuns(now: number, assetCount: number): RunSummary[] {
  const steps = (total: number, failed = 0, skipped = 0) => ({
    total,
    succeeded: total - failed - skipped,
    failed,
    skipped,
    running: 0,
    canceled: 0,
  });
  const base = { ...queuedRun(""), materialized: assetCount, lastSeq: 120, assetCount };
  const runs: RunSummary[] = [
    {
      ...base,
      id: runId(2),
      status: "failed",
      job: "full_refresh",
      selection: "*",
      trigger: { type: "schedule", name: "daily_refresh", location: LOCATION, tick: "t1" },
      createdAt: now - 14 * MINUTE,
      startedAt: now - 14 * MINUTE + 300,
      endedAt: now - 12 * MINUTE,
      steps: steps(5, 1, 1),
      materialized: assetCount - 2,
      error: "KeyError: 'missing' is not a column of gold.fct_orders",
    },
    {
      ...base,
      id: runId(1),
      status: "succeeded",
      job: "full_refresh",
      selection: "*",
      trigger: { type: "person", user: "ada" },
      createdAt: now - 40 * MINUTE,
      startedAt: now - 40 * MINUTE + 90,
      endedAt: now - 37 * MINUTE,
      steps: steps(5),
      checksFailed: 1,
      checksWarned: 1,
    },
    {
      ...base,
      id: runId(3),
      status: "canceled",
      job: null,
      selection: 'key:"gold/fct_orders" or key:"gold/daily_orders"',
      trigger: { type: "person", user: "ada" },
      createdAt: now - 3 * HOUR,
      startedAt: now - 3 * HOUR + 80,
      endedAt: now - 3 * HOUR + 30_000,
      steps: steps(2),
      assetCount: 2,
      materialized: 0,
    },
  ];
  for (let index = 4; index < 64; index++) {
    const at = now - index * 23 * MINUTE;
    const took = 20_000 + ((index * 7919) % 160_000);
    const failed = index % 11 === 0;
    runs.push({
      ...base,
      id: runId(index),
      status: failed ? "failed" : "succeeded",
      job: index % 3 === 0 ? "bronze_refresh" : "customer_pipeline",
      selection: "group:bronze",
      trigger: index % 2 ? { type: "sensor", name: "new_files", location: LOCATION, tick: "t" } : { type: "token", name: "ci" },
      createdAt: at,
      startedAt: at + 120,
      endedAt: at + took,
      steps: steps(4, failed ? 1 : 0),
      error: failed ? "Runtime Error in model stg_orders: could not open file raw/orders.csv" : null,
      checksWarned: index % 7 === 0 ? 1 : 0,
    });
  }
  return runs;
}

export function sampleVersions(now: number): VersionView[] {
  return [4, 3, 2, 1].map((number) => ({
    id: `v${number}`,
    location: LOCATION,
    number,
    active: number === 4,
    publishedAt: now - (5 - number) * 9 * HOUR,
    publishedBy: "ada",
    counts: { assets: 15 - (4 - number), checks: 14, jobs: 3, schedules: 1, sensors: 1 },
    git: {
      commit: `8c1f${number}a2b9d0e4f6a7b8c9d0e1f2a3b4c5d6e7f8a9`,
      branch: "main",
      dirty: number === 4,
      url: "https://github.com/example/lakehouse",
    },
    sdk: "0.1.0",
    diff: {
      added: number === 4 ? ["metrics/churn_features"] : [],
      removed: number === 3 ? ["gold/old_orders"] : [],
      changed: number > 1 ? ["gold/fct_orders", "silver/dim_customer"] : [],
    },
  }));
}

export function sampleLocation(now: number, broken: boolean): LocationView {
  const [active] = sampleVersions(now);
  return {
    name: LOCATION,
    status: broken ? "unavailable" : "loaded",
    active: active ?? null,
    erroredAt: broken ? now - 4 * MINUTE : null,
    updatedAt: now - 4 * MINUTE,
    errors: broken
      ? [
          {
            kind: "missing_package",
            message: "Cannot find package 'date-fns' imported from assets/gold.ts",
            file: "assets/gold.ts",
            line: 3,
            codeFrame:
              "  1 | import { defineAsset } from '@headgate/sdk';\n  2 | import { duckdb } from '../resources.ts';\n> 3 | import { startOfDay } from 'date-fns';\n    |                            ^^^^^^^^^^\n  4 |",
            stack:
              "Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'date-fns' imported from assets/gold.ts\n    at assets/gold.ts:3:28\n    at packageResolve (node:internal/modules/esm/resolve:768:9)\n    at moduleResolve (node:internal/modules/esm/resolve:854:18)\n    at defaultResolve (node:internal/modules/esm/resolve:984:11)",
            hint: "Run `npm install date-fns` in the code location's folder, then publish again.",
          },
        ]
      : [],
  };
}

export function sampleAgents(now: number): AgentView[] {
  return [
    {
      instance: "i-1",
      name: "local",
      hostname: "worker-1",
      version: "0.1.0",
      queue: "default",
      slots: 8,
      running: 2,
      status: "connected",
      connectedAt: now - 7 * HOUR,
      lastSeenAt: now - 3000,
      labels: { zone: "eu-west" },
      locations: [{ location: LOCATION, version: "v4", state: "ready" }],
      token: "tok_1",
    },
    {
      instance: "i-2",
      name: "cluster-b",
      hostname: "agent-6c9f",
      version: "0.1.0",
      queue: "default",
      slots: 4,
      running: 0,
      status: "draining",
      connectedAt: now - 2 * HOUR,
      lastSeenAt: now - 9000,
      labels: {},
      locations: [
        { location: LOCATION, version: "v3", state: "ready" },
        { location: LOCATION, version: "v4", state: "loading" },
      ],
      token: "tok_1",
    },
  ];
}
