/** Shows a run on the terminal while it goes on, and returns what came of it. */
import type { EventRow, RunDetail, RunSummary } from "@headgate/shared/api/views.ts";
import { call, type Api } from "../client/api.ts";
import type { Connection } from "../client/connection.ts";
import { followRun } from "../client/follow-run.ts";
import { formatCount, formatDuration, formatSeconds, plural } from "../terminal/format.ts";
import { eventLine } from "../terminal/event-line.ts";
import { formatTable, type Cell } from "../terminal/table.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { assetLines, rowCount, type AssetLine } from "./run-report.ts";

export interface WatchRunOptions {
  readonly connection: Connection;
  readonly api: Api;
  readonly run: string;
  readonly terminal: Terminal;
  readonly random: () => number;
  readonly signal?: AbortSignal | undefined;
  /** Print every event, not only what became of the assets. */
  readonly logs?: boolean | undefined;
}

export interface WatchedRun {
  readonly detail: Omit<RunDetail, "config">;
  readonly assets: readonly AssetLine[];
}

export async function watchRun({ connection, api, run, terminal, random, signal, logs = false }: WatchRunOptions): Promise<WatchedRun> {
  const events: EventRow[] = [];
  await followRun({
    connection,
    api,
    run,
    after: 0,
    random,
    signal,
    onEvents: (fresh) => {
      for (const row of fresh) {
        events.push(row);
        const line = logs ? eventLine(row, terminal.colors) : progressLine(row, terminal);
        if (line !== null) terminal.note(line);
      }
    },
    onRun: (summary) => terminal.status(statusText(summary)),
  });
  terminal.status("");
  const detail = await call(connection, api.runs.get.query({ run }));
  return { detail, assets: assetLines(detail, events) };
}

function statusText(run: RunSummary): string {
  if (run.waiting !== null && run.status === "queued") return `waiting: ${run.waiting.message}`;
  return `${run.status}: ${run.materialized} of ${plural(run.assetCount, "asset")}, ${run.steps.running} of ${plural(run.steps.total, "step")} running`;
}

function progressLine({ event, step }: EventRow, { colors }: Terminal): string | null {
  switch (event.type) {
    case "asset_materialized": {
      const rows = rowCount(event.metadata);
      const facts = [
        rows === null ? null : plural(rows, "row"),
        event.durationMs === undefined ? null : formatDuration(event.durationMs),
      ].filter((fact) => fact !== null);
      return `  ${colors.green("✓")} ${event.asset}${facts.length === 0 ? "" : colors.dim(`  ${facts.join(", ")}`)}`;
    }
    case "asset_failed":
      return `  ${colors.red("✗")} ${event.asset}  ${firstLine(event.failure.message)}`;
    case "asset_skipped":
      return `  ${colors.yellow("-")} ${event.asset}  ${event.reason}`;
    case "check_evaluated":
      if (event.passed) return null;
      return `  ${event.severity === "warn" ? colors.yellow("!") : colors.red("!")} ${event.asset}: check ${event.check} failed${event.description === undefined ? "" : `: ${firstLine(event.description)}`}`;
    case "step_failed":
      return `  ${colors.red("✗")} step ${step ?? ""} failed${event.willRetry ? ", will be tried again" : ""}: ${firstLine(event.failure.message)}`;
    case "engine":
      return event.level === "debug" || event.level === "info" ? null : `  ${colors.yellow("!")} ${event.message}`;
    case "run_failed":
      return `  ${colors.red("✗")} ${firstLine(event.failure.message)}`;
    default:
      return null;
  }
}

export function runTable(assets: readonly AssetLine[], { colors }: Terminal): readonly string[] {
  const paint: Readonly<Record<AssetLine["status"], (text: string) => string>> = {
    succeeded: colors.green,
    failed: colors.red,
    skipped: colors.yellow,
    canceled: colors.yellow,
    running: colors.cyan,
    pending: colors.dim,
  };
  const rows = assets.map((line): readonly Cell[] => [
    { text: line.asset },
    { text: line.status, paint: paint[line.status] },
    { text: formatCount(line.rows) },
    { text: formatSeconds(line.durationMs) },
    { text: checksText(line.checks), paint: line.checks.failed > 0 ? colors.red : line.checks.warned > 0 ? colors.yellow : undefined },
  ]);
  const columns = [
    { title: "asset" },
    { title: "status" },
    { title: "rows", align: "right" },
    { title: "seconds", align: "right" },
    { title: "checks" },
  ] as const;
  return formatTable(columns, rows, colors.bold);
}

function checksText({ passed, warned, failed }: AssetLine["checks"]): string {
  const total = passed + warned + failed;
  if (total === 0) return "";
  const parts = [`${passed}/${total} passed`, warned > 0 && `${warned} warned`, failed > 0 && `${failed} failed`];
  return parts.filter((part) => part !== false).join(", ");
}

export function runEndLine(run: RunSummary, { colors }: Terminal): string {
  const took = run.startedAt !== null && run.endedAt !== null ? ` in ${formatDuration(run.endedAt - run.startedAt)}` : "";
  const what = `run ${run.id} ${run.status}${took}`;
  const checks = run.checksFailed > 0 ? `, ${plural(run.checksFailed, "check")} failed` : "";
  return run.status === "succeeded"
    ? colors.green(what) + checks
    : `${colors.red(what)}${checks}${run.error === null ? "" : `: ${firstLine(run.error)}`}`;
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}
