/** Converts tick rows to API views. */
import type { TickDetail, TickSummary } from "@headgate/shared/contract/automations/automation-views.ts";
import { jitterMs, scheduleOf } from "./automation-source.ts";
import { hostnamesOf } from "../agents/agent-store.ts";
import type { ListedTick } from "./automation-page-store.ts";
import type { Source } from "./automation-store.ts";
import type { TickRow } from "./tick-store.ts";
import type { Reader } from "../kernel/reader.ts";
import { catalogOf } from "../catalog/catalog.ts";

type Place = Pick<Reader, "db">;

/** How late a tick started, without the schedule's jitter. Never negative, even if the clock was set back. */
export function lateMsOf(place: Place, tick: Source & Pick<TickRow, "scheduledFor" | "startedAt">): number | null {
  if (tick.startedAt === null) return null;
  const schedule = tick.kind === "schedule" ? scheduleOf(catalogOf(place), tick) : null;
  return Math.max(0, tick.startedAt - tick.scheduledFor - (schedule ? jitterMs(schedule) : 0));
}

export function tickSummaries(reader: Pick<Reader, "db">, ticks: readonly ListedTick[]): TickSummary[] {
  const hostnames = hostnamesOf(
    reader.db,
    ticks.flatMap(({ agent }) => agent ?? []),
  );
  return ticks.map((tick) => summary(reader, tick, hostnames));
}

function summary(place: Place, tick: ListedTick, hostnames: ReadonlyMap<string, string>): TickSummary {
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
    lateMs: lateMsOf(place, tick),
    attempt: tick.attempt,
    agent: tick.agent === null ? null : (hostnames.get(tick.agent) ?? tick.agent),
    runs: tick.runs,
    runCount: tick.runCount,
    message: tick.message,
  };
}

export function tickDetail(reader: Pick<Reader, "db">, tick: TickRow): TickDetail {
  return {
    ...summary(reader, tick, hostnamesOf(reader.db, tick.agent === null ? [] : [tick.agent])),
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
