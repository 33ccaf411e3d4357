/** Turns events into the lines of the log, and filters and searches them. Pure. */
import type { EventRow } from "@headgate/shared/contract/runs/run-views.ts";
import { assertNever } from "@headgate/shared/domain/assert.ts";
import type { LogLevel, RunEvent } from "@headgate/shared/domain/run/event.ts";
import { plural } from "#lib/format/number.ts";

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
  const { event } = row;
  const base = { seq: row.seq, at: row.at, step: row.step, asset: "asset" in event ? (event.asset ?? null) : null };
  return { ...base, ...describe(event) };
}

type Described = Pick<LogLine, "level" | "label" | "text" | "detail" | "event">;
const said = (level: LogLevel, label: string, ...[text, detail = null]: [text: string, detail?: string | null]): Described => ({
  level,
  label,
  text,
  detail,
  event: true,
});

function describe(event: RunEvent): Described {
  switch (event.type) {
    case "log":
      return {
        level: event.level,
        label: event.source === undefined || event.source === "user" ? event.level : event.source,
        text: event.message,
        detail: fields(event.fields),
        event: false,
      };
    case "step_started":
      return said("info", "started", `Step started in worker ${event.worker} (pid ${event.pid})`);
    case "asset_started":
      return said("info", "started", `${event.asset} started`);
    case "asset_materialized":
      return said(
        "info",
        "materialized",
        `${event.asset} materialized${rows(event.metadata)}${duration(event.durationMs)}`,
        fields(event.metadata),
      );
    case "asset_observed":
      return said("info", "observed", `${event.asset} observed`, fields(event.metadata));
    case "asset_failed":
      return said("error", "failed", `${event.asset} failed: ${event.failure.message}`, failureText(event.failure));
    case "asset_skipped":
      return said("warn", "skipped", `${event.asset} skipped: ${event.reason}`);
    case "check_evaluated":
      return said(
        event.passed ? "info" : event.severity,
        "check",
        `${event.asset}: check ${event.check} ${event.passed ? "passed" : event.severity === "warn" ? "warned" : "failed"}${event.description === undefined ? "" : `: ${event.description}`}`,
        fields(event.metadata),
      );
    case "freshness_changed":
      return said(event.to === "overdue" ? "warn" : "info", event.to, `${event.asset} was ${event.from}, is ${event.to}`);
    case "run_queued":
      return said("info", "queued", event.waitingFor === undefined ? "Run queued" : `Run queued, waiting for ${event.waitingFor}`);
    case "run_starting":
      return said("info", "starting", "Run starting");
    case "run_started":
      return said("info", "started", "Run started");
    case "run_canceling":
      return said("warn", "canceling", `${event.by} asked to cancel${event.reason === undefined ? "" : `: ${event.reason}`}`);
    case "run_succeeded":
      return said("info", "succeeded", "Run succeeded");
    case "run_failed":
      return said("error", "failed", `Run failed: ${event.failure.message}`);
    case "run_canceled":
      return said("warn", "canceled", `Run canceled by ${event.by}`);
    case "step_assigned":
      return said("debug", "assigned", `Assigned to agent ${event.agent}, attempt ${event.attempt}`);
    case "step_succeeded":
      return said("info", "succeeded", `Step succeeded${duration(event.durationMs)}`);
    case "step_failed":
      return said(
        "error",
        "failed",
        `Step failed: ${event.failure.message}${event.willRetry ? " (will be tried again)" : ""}`,
        failureText(event.failure),
      );
    case "step_retry_scheduled":
      return said("warn", "retry", `Attempt ${event.attempt} is scheduled`);
    case "step_skipped":
      return said("warn", "skipped", `Step skipped: ${event.because}`);
    case "step_canceled":
      return said("warn", "canceled", "Step canceled");
    case "engine":
      return said(event.level, "platform", event.message);
    default:
      return assertNever(event);
  }
}

function duration(ms: number | undefined): string {
  if (ms === undefined) return "";
  return ms < 1000 ? ` in ${Math.round(ms)} ms` : ` in ${(ms / 1000).toFixed(1)} s`;
}

function rows(metadata: Readonly<Record<string, { readonly type: string; readonly value?: unknown }>>): string {
  const count = metadata["row_count"]?.value;
  return typeof count === "number" ? `, ${plural(count, "row")}` : "";
}

function fields(value: Readonly<Record<string, unknown>> | undefined): string | null {
  if (value === undefined || Object.keys(value).length === 0) return null;
  const plain = Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, isTyped(entry) ? entry.value : entry]));
  return JSON.stringify(plain, null, 2);
}

function isTyped(entry: unknown): entry is { readonly type: string; readonly value: unknown } {
  return typeof entry === "object" && entry !== null && "type" in entry && "value" in entry;
}

/** The user's own place first, then the stack, then compiled text. */
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
