/** Describes in words what a tick did besides requesting runs, so that a tick without a run does not look idle. */
import { shortened } from "@headgate/shared/domain/shortened.ts";
import type { TickPart, TickResult } from "@headgate/shared/protocol/tick-result.ts";
import type { TickRow } from "./tick-store.ts";
import type { Tx } from "../kernel/tx.ts";

type Reports = TickPart["assetEvents"];

const NAMED = 3;

/** A log line about the tick's reports, if there are any. */
export function reportLines(tx: Pick<Tx, "now">, reports: Reports): TickRow["logs"] {
  const text = reportText(reports);
  return text === null ? [] : [{ level: "info", message: `Reported ${text}.`, at: tx.now }];
}

/** Explains why the tick made no run and what it did instead. */
export function runlessText(tick: TickRow, result: Extract<TickResult, { outcome: "evaluated" }>): string {
  if (tick.deduplicated.length > 0) return "All requested runs were duplicates (same run key).";
  if (result.skipReason !== undefined) return result.skipReason;
  const reported = reportText(result.assetEvents);
  const sets = [...new Set(tick.dynamicPartitions.map(({ name }) => name))];
  const done = [...sets.map((name) => `changed keys of ${name}`), ...(reported === null ? [] : [`reported ${reported}`])];
  return done.length === 0 ? "It requested no run." : `It requested no run; ${done.join("; ")}.`;
}

function reportText(reports: Reports = []): string | null {
  if (reports.length === 0) return null;
  const named = reports.slice(0, NAMED).map(({ type, asset, partition }) => {
    const of = partition === undefined ? "" : ` [${shortened(partition)}]`;
    return `${asset}${of} as ${type}`;
  });
  return named.join(", ") + (reports.length > NAMED ? ` and ${reports.length - NAMED} more` : "");
}
