/** Shows a run on the terminal while it goes on, and returns what came of it. */
import type { EventRow, RunDetail, RunSummary } from "@headgate/shared/contract/runs/run-views.ts";
import { call, type Api } from "../client/api.ts";
import type { Connection } from "../client/connection.ts";
import { followRun } from "../client/follow-run.ts";
import { formatCount, formatDuration, formatSeconds, plural } from "../terminal/format.ts";
import { eventLine } from "../terminal/event-line.ts";
import { formatTable, type Cell } from "../terminal/table.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { firstLine, progressLine } from "./progress-line.ts";
import { assetLines, type AssetLine } from "./run-report.ts";

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
        const line = logs ? eventLine(row, terminal.colors) : progressLine(row, terminal.colors);
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
