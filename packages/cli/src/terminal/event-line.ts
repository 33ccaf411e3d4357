/** One event of a run as one line of a log. */
import type { EventRow } from "@headgate/shared/contract/runs/run-views.ts";
import type { LogLevel } from "@headgate/shared/domain/run/event.ts";
import { formatShortDuration } from "@headgate/shared/format/duration.ts";
import { eventWords } from "@headgate/shared/format/event.ts";
import { clockText } from "./format.ts";
import type { Colors } from "./terminal.ts";

export function eventLine(row: EventRow, colors: Colors): string {
  const { level, predicate } = eventWords(row, formatShortDuration);
  const paint: Readonly<Record<LogLevel, (text: string) => string>> = {
    debug: colors.dim,
    info: (plain) => plain,
    warn: colors.yellow,
    error: colors.red,
  };
  return `${colors.dim(clockText(row.at))} ${paint[level](level.padEnd(5))} ${colors.cyan(subjectOf(row))}  ${predicate}`;
}

function subjectOf({ step, event }: EventRow): string {
  if ("asset" in event && event.asset !== undefined) return event.asset;
  return step ?? "run";
}
