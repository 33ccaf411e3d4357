/** Which line, if any, does an event give to somebody who watches a run? Less than the log: what became of assets and checks. */
import type { EventRow } from "@headgate/shared/contract/runs/run-views.ts";
import type { Failure } from "@headgate/shared/domain/run/failure.ts";
import { formatDuration, plural } from "../terminal/format.ts";
import type { Colors } from "../terminal/terminal.ts";
import { rowCount } from "./run-report.ts";

export function progressLine({ event, step }: Pick<EventRow, "event" | "step">, colors: Colors): string | null {
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
      return `  ${colors.red("✗")} ${event.asset}  ${shortMessage(event.failure)}`;
    case "asset_skipped":
      return `  ${colors.yellow("-")} ${event.asset}  ${event.reason}`;
    case "check_evaluated": {
      if (event.passed) return null;
      const [paint, verb] = event.severity === "warn" ? [colors.yellow, "warned"] : [colors.red, "failed"];
      return `  ${paint("!")} ${event.asset}: check ${event.check} ${verb}${event.description === undefined ? "" : `: ${firstLine(event.description)}`}`;
    }
    case "step_failed":
      return `  ${colors.red("✗")} step ${step ?? ""} failed${event.willRetry ? ", will be tried again" : ""}: ${firstLine(event.failure.message)}`;
    case "engine":
      return event.level === "debug" || event.level === "info" ? null : `  ${colors.yellow("!")} ${event.message}`;
    default:
      return null;
  }
}

/** dbt's first line only names the model; the database's sentence is the second. */
function shortMessage({ kind, message }: Failure): string {
  const lines = message
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  return lines.slice(0, kind === "dbt" ? 2 : 1).join(": ");
}

export function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}
