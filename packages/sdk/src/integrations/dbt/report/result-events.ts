/** One result of dbt as metadata of a materialization or as the result of a check. */
import type { Metadata, TableColumn } from "@headgate/shared/domain/metadata.ts";
import type { StepEvent } from "@headgate/shared/domain/run/event.ts";
import type { DbtCheck } from "../graph/asset-keys.ts";
import { severityOf, type DbtManifestNode } from "../graph/dbt-manifest.ts";
import { cleanMessage, compiledSql } from "./failure.ts";
import { icebergCommit } from "./iceberg-commit.ts";
import type { DbtRunResult, DbtStats } from "./log-line.ts";

/** Kept with every materialization, so it stays small; the source text of any length is in the catalog. */
const MAX_KEPT_SQL = 10_000;

export function metadataOf(input: {
  readonly node: DbtManifestNode;
  readonly result: DbtRunResult;
  readonly relation: string | null;
  readonly stats: DbtStats | null;
  readonly sql: string | null;
}): Metadata {
  const { node, result, stats, sql } = input;
  const queryId = result.adapter_response?.["query_id"];
  const rows = stats?.row_count ?? rowsAffected(result);
  const relation = input.relation ?? node.relation_name;
  return {
    ...(rows !== null && { row_count: { type: "int", value: rows } }),
    ...(result.execution_time != null && { duration_seconds: { type: "float", value: Math.round(result.execution_time * 1000) / 1000 } }),
    ...(relation && { relation: { type: "text", value: relation.replaceAll('"', "") } }),
    ...(stats?.columns && { columns: { type: "table_schema", value: { columns: withDescriptions(stats.columns, node) } } }),
    dbt_status: { type: "text", value: result.message || result.status },
    dbt_unique_id: { type: "text", value: node.unique_id },
    ...(stats?.iceberg && icebergCommit(stats.iceberg)),
    ...(typeof queryId === "string" && queryId !== "" && { query_id: { type: "text", value: queryId } }),
    ...(sql !== null && sql.length <= MAX_KEPT_SQL && { compiled_sql: { type: "sql", value: sql } }),
  };
}

export function isBad(result: DbtRunResult): boolean {
  return result.status === "fail" || result.status === "error";
}

function withDescriptions(columns: readonly TableColumn[], node: DbtManifestNode): TableColumn[] {
  const described = new Map((node.columns ?? []).map((column) => [column.name.toLowerCase(), column.description ?? ""]));
  return columns.map((column) => {
    const description = described.get(column.name.toLowerCase()) ?? "";
    return description === "" ? column : { ...column, description };
  });
}

/** What the adapter counted, where it counts (Trino does, DuckDB does not). */
function rowsAffected(result: DbtRunResult): number | null {
  const rows = result.adapter_response?.["rows_affected"];
  const count = typeof rows === "string" ? Number(rows) : rows;
  return typeof count === "number" && Number.isFinite(count) && count >= 0 ? count : null;
}

export function durationOf(result: DbtRunResult): { durationMs?: number } {
  return result.execution_time == null ? {} : { durationMs: Math.round(result.execution_time * 1000) };
}

export function checkEvent(check: DbtCheck, result: DbtRunResult, targetPath: string): Extract<StepEvent, { type: "check_evaluated" }> {
  const passed = result.status === "pass" || result.status === "success";
  const configured = severityOf(check.test);
  const severity = passed ? configured : result.status === "warn" ? "warn" : "error";
  const sql = passed ? null : compiledSql(check.test, targetPath);
  const message = cleanMessage(result.message ?? "");
  return {
    type: "check_evaluated",
    asset: check.asset,
    check: check.name,
    passed,
    severity,
    ...(message !== "" && { description: message }),
    metadata: {
      ...(result.num_failures != null && { failures: { type: "int", value: result.num_failures } }),
      dbt_unique_id: { type: "text", value: check.test.unique_id },
      ...(sql !== null && { sql: { type: "sql", value: sql } }),
    },
  };
}
