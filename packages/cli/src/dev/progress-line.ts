/** The line that an event gives to a person who watches a run, if any. Shorter than the log: only the results of assets and checks. */
import type { EventRow } from "@headgate/shared/contract/runs/run-views.ts";
import { formatShortDuration } from "@headgate/shared/format/duration.ts";
import { eventWords, rowCount } from "@headgate/shared/format/event.ts";
import { plural } from "@headgate/shared/format/number.ts";
import type { Colors } from "../terminal/terminal.ts";

export function progressLine(row: Pick<EventRow, "at" | "event" | "step">, colors: Colors): string | null {
  const { event, step } = row;
  const { sentence, predicate } = eventWords(row, formatShortDuration);
  switch (event.type) {
    case "asset_materialized": {
      const rows = rowCount(event.metadata);
      const facts = [
        rows === null ? null : plural(rows, "row"),
        event.durationMs === undefined ? null : formatShortDuration(event.durationMs),
      ].filter((fact) => fact !== null);
      return `  ${colors.green("✓")} ${event.asset}${facts.length === 0 ? "" : colors.dim(`  ${facts.join(", ")}`)}`;
    }
    case "asset_failed":
      return `  ${colors.red("✗")} ${event.asset}  ${firstLine(event.failure.message)}`;
    case "asset_skipped":
      return `  ${colors.yellow("-")} ${event.asset}  ${event.reason}`;
    case "check_evaluated": {
      if (event.passed) return null;
      const paint = event.severity === "warn" ? colors.yellow : colors.red;
      return `  ${paint("!")} ${firstLine(sentence)}`;
    }
    case "step_failed":
      return `  ${colors.red("✗")} step ${step ?? ""} ${firstLine(predicate)}`;
    case "engine":
      return event.level === "debug" || event.level === "info" ? null : `  ${colors.yellow("!")} ${sentence}`;
    default:
      return null;
  }
}

export function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}
