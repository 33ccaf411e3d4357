/** The sentence of an event of a run, the same in the log of the dashboard and on the terminal. */
import type { EventRow } from "../contract/runs/run-views.ts";
import { assertNever } from "../domain/assert.ts";
import type { Metadata } from "../domain/metadata.ts";
import type { LogLevel } from "../domain/run/event.ts";
import { plural } from "./number.ts";

export interface EventWords {
  readonly level: LogLevel;
  /** The kind of event in one word: `started`, `materialized`, `check`. Logged messages have their level or source. */
  readonly label: string;
  /** A whole sentence: `gold/orders materialized, 12 rows in 4.2 s`. */
  readonly sentence: string;
  /** The same without its subject, for a line that names the asset or step already: `materialized, 12 rows in 4.2 s`. */
  readonly predicate: string;
}

/** `duration` writes a length of time the way the surface does; see `format/duration.ts`. */
export function eventWords({ event, at }: Pick<EventRow, "event" | "at">, duration: (ms: number) => string): EventWords {
  switch (event.type) {
    case "log":
      return alone(event.level, event.source === undefined || event.source === "user" ? event.level : event.source, event.message);
    case "engine":
      return alone(event.level, "platform", event.message);
    case "step_assigned":
      return about("Step", `assigned to agent ${event.agent}, attempt ${event.attempt}`, ["debug", "assigned"]);
    case "step_started":
      return about("Step", `started in worker ${event.worker} (process ${event.pid})`, ["info", "started"]);
    case "step_succeeded":
      return about("Step", `succeeded in ${duration(event.durationMs)}`, ["info", "succeeded"]);
    case "step_failed":
      return about("Step", `failed${event.willRetry ? " and will be retried" : ""}: ${event.failure.message}`, ["error", "failed"]);
    case "step_retry_scheduled":
      return about("Step", `starts attempt ${event.attempt} in ${duration(Math.max(0, event.at - at))}`, ["warn", "retry"]);
    case "step_skipped":
      return about("Step", `skipped: ${event.because}`, ["warn", "skipped"]);
    case "step_canceled":
      return about("Step", "canceled", ["warn", "canceled"]);
    case "asset_started":
      return about(event.asset, "started", ["info", "started"]);
    case "asset_materialized": {
      const rows = rowCount(event.metadata);
      const text = `materialized${rows === null ? "" : `, ${plural(rows, "row")}`}`;
      return about(event.asset, text + within(event.durationMs, duration), ["info", "materialized"]);
    }
    case "asset_observed":
      return about(event.asset, "observed", ["info", "observed"]);
    case "asset_failed":
      return about(event.asset, `failed: ${event.failure.message}`, ["error", "failed"]);
    case "asset_skipped":
      return about(event.asset, `skipped: ${event.reason}`, ["warn", "skipped"]);
    case "check_evaluated": {
      const verb = event.passed ? "passed" : event.severity === "warn" ? "warned" : "failed";
      const text = `check ${event.check} ${verb}${event.description === undefined ? "" : `: ${event.description}`}`;
      return about(`${event.asset}:`, text, [event.passed ? "info" : event.severity, "check"]);
    }
    case "freshness_changed":
      return about(event.asset, `is now ${event.to}, was ${event.from}`, [event.to === "overdue" ? "warn" : "info", event.to]);
    case "run_queued":
      return about("Run", `queued${event.waitingFor === undefined ? "" : `, waiting for ${event.waitingFor}`}`, ["info", "queued"]);
    case "run_starting":
      return about("Run", "starting", ["info", "starting"]);
    case "run_started":
      return about("Run", "started", ["info", "started"]);
    case "run_canceling":
      return about("Run", `is being canceled by ${event.by}${event.reason === undefined ? "" : `: ${event.reason}`}`, [
        "warn",
        "canceling",
      ]);
    case "run_succeeded":
      return about("Run", "succeeded", ["info", "succeeded"]);
    case "run_failed":
      return about("Run", `failed: ${event.failure.message}`, ["error", "failed"]);
    case "run_canceled":
      return about("Run", `canceled by ${event.by}`, ["warn", "canceled"]);
    default:
      return assertNever(event);
  }
}

/** The number of rows that an asset reports under `row_count`. */
export function rowCount(metadata: Metadata): number | null {
  const value = metadata["row_count"];
  return value?.type === "int" || value?.type === "float" ? value.value : null;
}

function about(subject: string, predicate: string, [level, label]: readonly [LogLevel, string]): EventWords {
  return { level, label, sentence: `${subject} ${predicate}`, predicate };
}

function alone(level: LogLevel, label: string, message: string): EventWords {
  return { level, label, sentence: message, predicate: message };
}

function within(ms: number | undefined, duration: (ms: number) => string): string {
  return ms === undefined ? "" : ` in ${duration(ms)}`;
}
