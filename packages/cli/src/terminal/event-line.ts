/** One event of a run as one line of a log. */
import type { EventRow } from "@headgate/shared/contract/runs/run-views.ts";
import type { LogLevel } from "@headgate/shared/domain/run/event.ts";
import { formatShortDuration } from "@headgate/shared/format/duration.ts";
import { eventWords } from "@headgate/shared/format/event.ts";
import { isMetadataType, metadataText } from "@headgate/shared/domain/metadata.ts";
import { shortened } from "@headgate/shared/domain/shortened.ts";
import { clockText, localZone } from "./format.ts";
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

const MAX_VALUE = 120;

/** The metadata that the event reports, one line for each. The number of rows stands in the event's own line. */
export function metadataLines({ event }: EventRow, colors: Colors): readonly string[] {
  if (!("metadata" in event)) return [];
  const time = { zone: localZone(), locale: "en" };
  return Object.entries(event.metadata).flatMap(([name, value]) => {
    if (name === "row_count") return [];
    const text = isMetadataType(value.type) ? metadataText(value, time) : JSON.stringify(value);
    return [colors.dim(`         ${name}: ${shortened(text.replaceAll(/\s+/g, " "), MAX_VALUE)}`)];
  });
}

function subjectOf({ step, event }: EventRow): string {
  if ("asset" in event && event.asset !== undefined) return event.asset;
  return step ?? "run";
}
