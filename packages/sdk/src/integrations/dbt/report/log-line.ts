/** One line of a dbt process's output, checked; what does not look like dbt's JSON log is plain text. */
import { exactNumber } from "@headgate/shared/domain/value/exact-number.ts";
import { parseExact } from "@headgate/shared/domain/value/parse-exact.ts";
import { z } from "zod";

/** Python writes NaN, Infinity and integers of any length; a figure that is none must not hide the line that it is part of. */
const figure = z.number().nullish().catch(null);

const nodeInfo = z.object({
  unique_id: z.string(),
  resource_type: z.string().default(""),
  materialized: z.string().default(""),
  node_name: z.string().default(""),
  node_relation: z.object({ relation_name: z.string().nullish() }).nullish(),
});

const runResult = z.object({
  status: z.string(),
  message: z.string().nullish(),
  num_failures: figure,
  execution_time: figure,
  adapter_response: z.record(z.string(), z.unknown()).nullish().catch(null),
});
export type DbtRunResult = z.infer<typeof runResult>;

const statsColumn = z.object({ name: z.string(), type: z.string(), nullable: z.boolean() });
const stats = z.object({
  unique_id: z.string(),
  row_count: z.number().optional().catch(undefined),
  columns: z.array(statsColumn).optional().catch(undefined),
  error: z.string().optional(),
  /** The last commit, of a table in Iceberg. */
  iceberg: z
    .object({
      id: z.string(),
      operation: z.string(),
      committed_at: z.number(),
      summary: z.record(z.string(), z.string()),
      /** False when this invocation of dbt found it, and committed nothing. */
      own: z.boolean(),
    })
    .nullish()
    .catch(null),
});
export type DbtStats = z.infer<typeof stats>;

const freshness = z.object({
  unique_id: z.string(),
  /** `pass`, `warn`, `error`, `runtime error`. */
  status: z.string(),
  max_loaded_at: z.string().nullable(),
  snapshotted_at: z.string().nullable(),
  /** Seconds. */
  age: z.number().nullable().catch(null),
  message: z.string().nullable(),
});
export type DbtFreshness = z.infer<typeof freshness>;

/** A test that was left out, because what it reads does not exist. */
const unread = z.object({ unique_id: z.string(), missing: z.array(z.string()) });

const line = z.union([
  z.object({ stats }),
  z.object({ unread }),
  z.object({ freshness }),
  z.object({ databases: z.array(z.string()) }),
  z.object({ end: z.object({ code: z.number(), error: z.string().nullable(), type: z.string() }) }),
  z.object({
    info: z.object({ name: z.string(), level: z.string(), msg: z.string() }),
    node: z.string().optional(),
    data: z
      .object({
        node_info: nodeInfo.optional(),
        run_result: runResult.optional(),
        description: z.string().optional(),
        status: z.string().optional(),
        execution_time: z.number().optional().catch(undefined),
      })
      .optional()
      .catch(undefined),
  }),
]);

export type DbtLine =
  | {
      readonly kind: "message";
      readonly name: string;
      readonly level: "debug" | "info" | "warn" | "error";
      readonly text: string;
      readonly uniqueId: string | null;
    }
  | { readonly kind: "node_started"; readonly uniqueId: string }
  | {
      readonly kind: "node_finished";
      readonly uniqueId: string;
      readonly resourceType: string;
      readonly relation: string | null;
      readonly result: DbtRunResult;
    }
  /** One batch of a microbatch model ended. */
  | {
      readonly kind: "batch";
      readonly uniqueId: string;
      readonly description: string;
      readonly succeeded: boolean;
      readonly seconds: number | null;
    }
  | { readonly kind: "stats"; readonly stats: DbtStats }
  | { readonly kind: "unread"; readonly uniqueId: string; readonly missing: readonly string[] }
  | { readonly kind: "freshness"; readonly freshness: DbtFreshness }
  | { readonly kind: "databases"; readonly paths: readonly string[] }
  | { readonly kind: "end"; readonly error: string | null; readonly type: string }
  | { readonly kind: "text"; readonly text: string };

export function parseDbtLine(text: string): DbtLine {
  if (!text.startsWith("{")) return { kind: "text", text };
  let json: unknown;
  try {
    json = parseExact(text, (written) => exactNumber(written).value);
  } catch {
    return { kind: "text", text };
  }
  const parsed = line.safeParse(json);
  if (!parsed.success) return { kind: "text", text };
  const value = parsed.data;
  if ("stats" in value) return { kind: "stats", stats: value.stats };
  if ("unread" in value) return { kind: "unread", uniqueId: value.unread.unique_id, missing: value.unread.missing };
  if ("freshness" in value) return { kind: "freshness", freshness: value.freshness };
  if ("databases" in value) return { kind: "databases", paths: value.databases };
  if ("end" in value) return { kind: "end", error: value.end.error, type: value.end.type };
  const { info, data, node: uniqueId } = value;
  if (info.name === "NodeStart" && data?.node_info) return { kind: "node_started", uniqueId: data.node_info.unique_id };
  if (info.name === "LogBatchResult" && data?.node_info && data.description !== undefined) {
    const succeeded = data.status !== "error" && data.status !== "skipped";
    return {
      kind: "batch",
      uniqueId: data.node_info.unique_id,
      description: data.description,
      succeeded,
      seconds: data.execution_time ?? null,
    };
  }
  if (info.name === "NodeFinished" && data?.node_info && data.run_result) {
    const { node_info: node, run_result: result } = data;
    return {
      kind: "node_finished",
      uniqueId: node.unique_id,
      resourceType: node.resource_type,
      relation: node.node_relation?.relation_name ?? null,
      result,
    };
  }
  return {
    kind: "message",
    name: info.name,
    level: levelOf(info.level),
    text: info.msg,
    uniqueId: uniqueId ?? data?.node_info?.unique_id ?? null,
  };
}

function levelOf(level: string): "debug" | "info" | "warn" | "error" {
  return level === "warn" || level === "error" || level === "info" ? level : "debug";
}
