/** Turns events into the lines of the log, and filters and searches them. */
import type { EventRow } from "@headgate/shared/contract/runs/run-views.ts";
import type { LogLevel, RunEvent } from "@headgate/shared/domain/run/event.ts";
import { formatDuration } from "@headgate/shared/format/duration.ts";
import { eventWords } from "@headgate/shared/format/event.ts";

export interface LogLine {
  readonly seq: number;
  readonly at: number;
  readonly step: string | null;
  readonly asset: string | null;
  readonly level: LogLevel;
  /** What kind of line, as a short word: `info`, `materialized`, `check`... */
  readonly label: string;
  readonly text: string;
  /** Multi-line text that unfolds: stack, code frame, SQL, structured fields. */
  readonly detail: string | null;
  readonly event: boolean;
}

export interface LogFilter {
  readonly levels: ReadonlySet<LogLevel>;
  readonly step: string | null;
  readonly text: string;
  /** Only structured events, no log messages. */
  readonly eventsOnly: boolean;
}

const RANK: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };
export function atLeast(level: LogLevel): ReadonlySet<LogLevel> {
  return new Set((Object.keys(RANK) as LogLevel[]).filter((candidate) => RANK[candidate] >= RANK[level]));
}

export function filterLines(lines: readonly LogLine[], filter: LogFilter): readonly LogLine[] {
  const needle = filter.text.trim().toLowerCase();
  return lines.filter(
    (line) =>
      filter.levels.has(line.level) &&
      (filter.step === null || line.step === filter.step) &&
      (!filter.eventsOnly || line.event) &&
      (needle === "" ||
        line.text.toLowerCase().includes(needle) ||
        (line.detail?.toLowerCase().includes(needle) ?? false) ||
        (line.step?.toLowerCase().includes(needle) ?? false)),
  );
}

export function logLine(row: EventRow): LogLine {
  const { seq, at, step, event } = row;
  const { level, label, sentence } = eventWords(row, formatDuration);
  return {
    seq,
    at,
    step,
    asset: "asset" in event ? (event.asset ?? null) : null,
    level,
    label,
    text: sentence,
    detail: detailOf(event),
    event: event.type !== "log",
  };
}

function detailOf(event: RunEvent): string | null {
  if (event.type === "log") return fields(event.fields);
  if (event.type === "asset_failed" || event.type === "step_failed") return failureText(event.failure);
  return "metadata" in event ? fields(event.metadata) : null;
}

function fields(value: Readonly<Record<string, unknown>> | undefined): string | null {
  if (value === undefined || Object.keys(value).length === 0) return null;
  const plain = Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, isTyped(entry) ? entry.value : entry]));
  return JSON.stringify(plain, null, 2);
}

function isTyped(entry: unknown): entry is { readonly type: string; readonly value: unknown } {
  return typeof entry === "object" && entry !== null && "type" in entry && "value" in entry;
}

/** The user's own code first, then the stack, then the compiled text. */
export function failureText(failure: {
  readonly codeFrame?: string | undefined;
  readonly stack?: string | undefined;
  readonly source?: { readonly language: string; readonly text: string } | undefined;
}): string | null {
  const parts = [failure.codeFrame, failure.stack, failure.source && `-- ${failure.source.language}\n${failure.source.text}`].filter(
    (part) => part !== undefined && part !== "",
  );
  return parts.length === 0 ? null : parts.join("\n\n");
}
