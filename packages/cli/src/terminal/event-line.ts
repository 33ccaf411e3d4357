/** One event of a run as one line of a log. */
import { assertNever } from "@headgate/shared/domain/assert.ts";
import type { EventRow } from "@headgate/shared/contract/runs/run-views.ts";
import type { LogLevel, RunEvent } from "@headgate/shared/domain/run/event.ts";
import { formatClock, formatDuration } from "./format.ts";
import type { Colors } from "./terminal.ts";

export function eventLine({ at, step, event }: EventRow, colors: Colors): string {
  const { level, text } = describe(event);
  const paint: Readonly<Record<LogLevel, (text: string) => string>> = {
    debug: colors.dim,
    info: (plain) => plain,
    warn: colors.yellow,
    error: colors.red,
  };
  const where = step === null ? "run" : "asset" in event && event.asset !== undefined ? event.asset : step;
  return `${colors.dim(formatClock(at))} ${paint[level](level.padEnd(5))} ${colors.cyan(where)}  ${text}`;
}

function describe(event: RunEvent): { readonly level: LogLevel; readonly text: string } {
  const info = (text: string) => ({ level: "info", text }) as const;
  const error = (text: string) => ({ level: "error", text }) as const;
  switch (event.type) {
    case "log":
    case "engine":
      return { level: event.level, text: event.message };
    case "step_started":
      return info(`started in ${event.worker} (process ${event.pid})`);
    case "asset_started":
      return info("started");
    case "asset_materialized":
      return info(`materialized${event.durationMs === undefined ? "" : ` in ${formatDuration(event.durationMs)}`}`);
    case "asset_observed":
      return info("observed");
    case "asset_failed":
      return error(event.failure.message);
    case "asset_skipped":
      return { level: "warn", text: `skipped: ${event.reason}` };
    case "check_evaluated":
      if (event.passed) return info(`check ${event.check} passed`);
      return {
        level: event.severity,
        text: `check ${event.check} ${event.severity === "warn" ? "warned" : "failed"}${event.description === undefined ? "" : `: ${event.description}`}`,
      };
    case "freshness_changed":
      return { level: event.to === "overdue" ? "warn" : "info", text: `was ${event.from}, is ${event.to}` };
    case "run_queued":
      return info(`queued${event.waitingFor === undefined ? "" : `: ${event.waitingFor}`}`);
    case "run_starting":
      return info("starting");
    case "run_started":
      return info("started");
    case "run_canceling":
      return { level: "warn", text: `canceling, asked by ${event.by}${event.reason === undefined ? "" : `: ${event.reason}`}` };
    case "run_succeeded":
      return info("succeeded");
    case "run_failed":
      return error(`failed: ${event.failure.message}`);
    case "run_canceled":
      return { level: "warn", text: `canceled by ${event.by}` };
    case "step_assigned":
      return { level: "debug", text: `assigned to ${event.agent}, attempt ${event.attempt}` };
    case "step_succeeded":
      return info(`succeeded in ${formatDuration(event.durationMs)}`);
    case "step_failed":
      return error(`failed${event.willRetry ? " and will be tried again" : ""}: ${event.failure.message}`);
    case "step_retry_scheduled":
      return { level: "warn", text: `attempt ${event.attempt} at ${formatClock(event.at)}` };
    case "step_skipped":
      return { level: "warn", text: `skipped: ${event.because}` };
    case "step_canceled":
      return { level: "warn", text: "canceled" };
    default:
      return assertNever(event);
  }
}
