/** What happened to an asset of the fixture deployment: events, check results, series, partitions. Deterministic but for the present time. */
import type {
  AssetEventRow,
  AssetState,
  CheckResultView,
  MetadataSeries,
  PartitionStatusView,
} from "@headgate/shared/contract/assets/asset-views.ts";
import type { PartitionStatus } from "@headgate/shared/domain/partitions/status.ts";
import type { PartitionsDefinition } from "@headgate/shared/domain/partitions/definition.ts";
import { openPartitions } from "@headgate/shared/domain/partitions/partition-set.ts";
import type { Failure } from "@headgate/shared/domain/run/failure.ts";
import { metadataOf, runId } from "./fixture-data.ts";

const HOUR = 3_600_000;

export function eventHistory(state: AssetState, runs: readonly string[], limit: number): AssetEventRow[] {
  return Array.from({ length: Math.min(limit, 30) }, (_, index): AssetEventRow => {
    const failed = index === 0 ? state.failed : null;
    const isCheck = !failed && index % 3 === 2;
    return {
      seq: 1000 - index,
      at: Date.now() - 700_000 - index * HOUR,
      type: failed ? "asset_failed" : isCheck ? "check_evaluated" : "asset_materialized",
      run: failed?.run ?? runs[1] ?? runId(1),
      step: "dbt:lakehouse",
      reportedBy: null,
      freshness: null,
      partition: state.partitions ? `2026-11-${String(22 - (index % 20)).padStart(2, "0")}` : null,
      metadata: failed || isCheck ? {} : metadataOf(state.key, 4000 + ((index * 331) % 900)),
      durationMs: 900 + ((index * 211) % 2000),
      failure: failed ? keyError(failed.message) : null,
      check: isCheck ? checkResult(state, "not_null_email", index) : null,
    };
  });
}

function keyError(message: string): Failure {
  return {
    kind: "user_code",
    message,
    name: "KeyError",
    frames: [
      { file: "assets/gold.ts", line: 41, function: "attribute", user: true },
      { file: "node:internal/process/task_queues", line: 105, user: false },
    ],
    codeFrame:
      "  39 | const rows = await duckdb.query(sql);\n  40 | for (const row of rows) {\n> 41 |   total += row['missing'];\n     |            ^^^^^^^^^^^^^^\n  42 | }",
  };
}

/** The line is the 22nd of the compiled SQL and the 27th of the statement around it. */
export function dbtFailure(): Failure {
  const before = Array.from({ length: 21 }, (_, index) => (index === 0 ? "select" : `    o.column_${index},`));
  return {
    kind: "dbt",
    message: "Binder Error: column no_such_column not found\n\nLINE 27:     o.no_such_column,\n             ^",
    source: {
      language: "sql",
      text: [...before, "    o.no_such_column,", "    1 as one", 'from "lakehouse"."bronze"."stg_orders" as o'].join("\n"),
    },
  };
}

export function checkResult(state: AssetState, check: string, index: number): CheckResultView {
  const warn = check === "not_null_email" && state.checks.warned > 0;
  const failed = check === "revenue_not_negative" && state.checks.failed > 0;
  return {
    asset: state.key,
    check,
    at: Date.now() - 2_280_000 - index * HOUR,
    run: runId(1),
    step: "dbt:lakehouse",
    passed: !(warn || failed),
    severity: warn ? "warn" : "error",
    description: warn ? "Got 31 results, configured to warn if >0" : failed ? "3 of 120 days have a negative revenue" : null,
    metadata: { failures: { type: "int", value: warn ? 31 : failed ? 3 : 0 } },
    partition: null,
  };
}

export function metadataSeries(run: string): MetadataSeries[] {
  const points = (base: number, spread: number) =>
    Array.from({ length: 60 }, (_, index) => ({
      at: Date.now() - (60 - index) * HOUR,
      value: base + index * spread + ((index * 7919) % 97) * spread * 0.2,
      run,
      partition: null,
    }));
  return [
    { name: "row_count", points: points(4000, 12) },
    { name: "duration_seconds", points: points(1, 0.02) },
    { name: "null_share", points: points(0.03, 0.0001) },
  ];
}

const STALE_DAYS = ["2026-11-20", "2026-11-21"];

export function partitionPage(
  definition: PartitionsDefinition,
  page: {
    readonly offset: number;
    readonly limit: number;
    readonly dynamicKeys: readonly string[];
    readonly statuses?: readonly PartitionStatus[] | undefined;
    readonly keys?: readonly string[] | undefined;
  },
): PartitionStatusView {
  const opened = openPartitions(definition, { now: Date.UTC(2026, 10, 23), dynamicKeys: () => page.dynamicKeys });
  if (!opened.ok) throw new TypeError(opened.error.message);
  const set = opened.value;
  const items = Array.from({ length: set.count }, (_, index) => {
    const key = set.keyAt(set.count - 1 - index) ?? "";
    const window = set.windowOf(key);
    const status = index === 4 ? ("failed" as const) : index > 108 ? ("missing" as const) : ("materialized" as const);
    const known = status !== "missing";
    return {
      key,
      start: window?.start ?? null,
      end: window?.end ?? null,
      status,
      run: known ? runId(1) : null,
      at: known ? (window?.end ?? Date.now() - index * HOUR) + 2 * HOUR : null,
      ...(STALE_DAYS.includes(key) && { stale: true }),
      message: status === "failed" ? "Binder Error: column order_day not found" : null,
    };
  });
  const { statuses, keys } = page;
  const wanted = items.filter(({ key, status }) => (!statuses || statuses.includes(status)) && (!keys || keys.includes(key)));
  const end = page.offset + page.limit;
  return {
    definition,
    total: set.count,
    materialized: items.filter((item) => item.status === "materialized").length,
    failed: 1,
    inProgress: 0,
    items: wanted.slice(page.offset, end),
    next: end < wanted.length ? String(end) : null,
  };
}
