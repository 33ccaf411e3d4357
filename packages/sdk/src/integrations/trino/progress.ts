/** Log lines of a query: first its link, then its progress at a limited rate, and at the end its result. */
import type { Logger } from "../../values/log.ts";
import type { AnswerStage, AnswerStats } from "./answer.ts";

/** How far a query is. */
export interface TrinoStats {
  /** Trino's word: `QUEUED`, `PLANNING`, `RUNNING`, `FINISHED`, ... */
  readonly state: string;
  /** 0 to 100; null while it is not known. */
  readonly percentage: number | null;
  /** Rows that were read. */
  readonly processedRows: number;
  /** Bytes that were read. */
  readonly processedBytes: number;
  /** Bytes that were written. */
  readonly writtenBytes: number;
  /** The most memory that the query had at once. */
  readonly peakMemoryBytes: number;
  /** Stages of the plan. */
  readonly stages: { readonly done: number; readonly total: number };
  /** Parts of the work. */
  readonly splits: { readonly done: number; readonly total: number };
  /** Processor time in milliseconds. */
  readonly cpuMs: number;
  /** Time in the queue in milliseconds. */
  readonly queuedMs: number;
  /** Time since the query began, in milliseconds. */
  readonly elapsedMs: number;
}

export interface ProgressQuery {
  readonly id: string;
  /** The query's page in Trino's own dashboard. */
  readonly infoUri: string;
}

export interface Progress {
  update(query: ProgressQuery, stats: TrinoStats): void;
  /** `end` is what came of it, e.g. `INSERT, 12 rows`. */
  finish(query: ProgressQuery, stats: TrinoStats, end: string): void;
}

/** The first line after 3 seconds, then after 10, 20, 40, 60, 60, ... more. */
const FIRST_MS = 3_000;
const SECOND_PAUSE_MS = 10_000;
const LONGEST_PAUSE_MS = 60_000;

export function createProgress({ log, level, now }: { log: Logger; level: "info" | "debug"; now: () => number }): Progress {
  const startedAt = now();
  let nextAt = startedAt + FIRST_MS;
  let pause = SECOND_PAUSE_MS;
  return {
    update(query, stats) {
      if (now() < nextAt) return;
      nextAt = now() + pause;
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
      const { stages } = stats;
      const facts = [
        stats.percentage === null ? stats.state.toLowerCase() : `${Math.floor(stats.percentage)} %`,
        `${stats.processedRows.toLocaleString("en")} rows`,
        bytesText(stats.processedBytes),
        ...(stages.total > 0 ? [`${stages.done} of ${stages.total} stages done`] : []),
      ];
      log[level](`Trino query ${query.id}: ${facts.join(", ")}`, fields(query, stats));
    },
    finish(query, stats, end) {
      log[level](`Trino query ${query.id}: ${end} after ${(stats.elapsedMs / 1000).toFixed(1)} s`, fields(query, stats));
    },
  };
}

export function toStats(stats: AnswerStats): TrinoStats {
  return {
    state: stats.state,
    percentage: stats.progressPercentage ?? null,
    processedRows: stats.processedRows,
    processedBytes: stats.processedBytes,
    writtenBytes: stats.physicalWrittenBytes ?? 0,
    peakMemoryBytes: stats.peakMemoryBytes,
    stages: countStages(stats.rootStage),
    splits: { done: stats.completedSplits, total: stats.totalSplits },
    cpuMs: stats.cpuTimeMillis,
    queuedMs: stats.queuedTimeMillis,
    elapsedMs: stats.elapsedTimeMillis,
  };
}

function countStages(stage: AnswerStage | undefined): TrinoStats["stages"] {
  if (!stage) return { done: 0, total: 0 };
  const inner = stage.subStages.map(countStages);
  return {
    done: inner.reduce((sum, { done }) => sum + done, stage.done ? 1 : 0),
    total: inner.reduce((sum, { total }) => sum + total, 1),
  };
}

function fields(query: ProgressQuery, stats: TrinoStats): Record<string, unknown> {
  const { state, percentage, processedRows, processedBytes, peakMemoryBytes, elapsedMs } = stats;
  return { query_id: query.id, link: query.infoUri, state, percentage, processedRows, processedBytes, peakMemoryBytes, elapsedMs };
}

function bytesText(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), units.length - 1);
  return `${(bytes / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power] ?? "B"}`;
}
