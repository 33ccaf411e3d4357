/** Rows of ticks in the shapes that clients get. */
import type { TickDetail, TickSummary } from "@headgate/shared/api/automation-views.ts";
import { hostnamesOf } from "../store/agent-store.ts";
import type { ListedTick } from "../store/automation-page-store.ts";
import type { Database } from "../store/database.ts";
import type { TickRow } from "../store/tick-store.ts";

/** Clocks are set back now and then; nothing starts before its time. */
export function lateMsOf(tick: Pick<TickRow, "scheduledFor" | "startedAt">): number | null {
  return tick.startedAt === null ? null : Math.max(0, tick.startedAt - tick.scheduledFor);
}

export function tickSummaries(db: Database, ticks: readonly ListedTick[]): TickSummary[] {
  const hostnames = hostnamesOf(
    db,
    ticks.flatMap(({ agent }) => agent ?? []),
  );
  return ticks.map((tick) => summary(tick, hostnames));
}

function summary(tick: ListedTick, hostnames: ReadonlyMap<string, string>): TickSummary {
  return {
    id: tick.id,
    location: tick.location,
    kind: tick.kind,
    name: tick.name,
    state: tick.state,
    cause: tick.cause,
    scheduledFor: tick.scheduledFor,
    startedAt: tick.startedAt,
    finishedAt: tick.finishedAt,
    lateMs: lateMsOf(tick),
    attempt: tick.attempt,
    agent: tick.agent === null ? null : (hostnames.get(tick.agent) ?? tick.agent),
    runs: tick.runs,
    runCount: tick.runCount,
    message: tick.message,
  };
}

export function tickDetail(db: Database, tick: TickRow): TickDetail {
  return {
    ...summary(tick, hostnamesOf(db, tick.agent === null ? [] : [tick.agent])),
    cursorBefore: tick.cursorBefore,
    cursorAfter: tick.cursorAfter,
    stack: tick.stack,
    logs: tick.logs,
    deduplicated: tick.deduplicated,
    dynamicPartitions: tick.dynamicPartitions,
    events: tick.events,
    dropped: tick.dropped,
  };
}
