/** Rows of ticks in the shapes that clients get. */
import type { TickDetail, TickSummary } from "@headgate/shared/api/automation-views.ts";
import { readAgent } from "../store/agent-store.ts";
import type { Database } from "../store/database.ts";
import type { TickRow } from "../store/tick-store.ts";

/** Clocks are set back now and then; nothing starts before its time. */
export function lateMsOf(tick: Pick<TickRow, "scheduledFor" | "startedAt">): number | null {
  return tick.startedAt === null ? null : Math.max(0, tick.startedAt - tick.scheduledFor);
}

export function tickSummary(db: Database, tick: TickRow): TickSummary {
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
    agent: tick.agent === null ? null : (readAgent(db, tick.agent)?.hostname ?? tick.agent),
    runs: tick.runs,
    runCount: tick.runCount,
    message: tick.message,
  };
}

export function tickDetail(db: Database, tick: TickRow): TickDetail {
  return {
    ...tickSummary(db, tick),
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
