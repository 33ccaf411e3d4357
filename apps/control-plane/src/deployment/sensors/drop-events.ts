/** Drops waiting events because their sensor was turned off or the inbox is full. A tick records the loss. */
import type { Source } from "../ticks/automation-store.ts";
import { deleteEvents, type EventMention, eventsBeyond, mentionEvents } from "../ticks/sensor-event-store.ts";
import { openTicksOf } from "../ticks/tick-store.ts";
import type { Tx } from "../kernel/tx.ts";
import { endTick, newTick } from "../ticks/tick-rows.ts";

/** The most waiting events of all sensors together. */
export const MAX_INBOX = 100_000;
/** The inbox is checked each time this many events were stored. */
export const INBOX_CHECK_EVERY = 1_000;
const DROP_SLICE = 1_000;
/** More events than arrive between two checks, because a sensor that is being evaluated keeps its events until a later check. */
const BOUND_SLICE = 10 * INBOX_CHECK_EVERY;

/** Drops the events of a sensor that was turned off or removed, except those that an open tick has taken. */
export function dropEvents(tx: Tx, source: Source): void {
  const taken = takenBy(tx, source);
  for (;;) {
    const rows = mentionEvents(tx.db, source, { skip: taken, limit: DROP_SLICE });
    if (rows.length === 0) return;
    giveUp(tx, source, { rows, state: "skipped", message: "Not handled: the sensor was turned off or removed." });
  }
}

/** Drops the oldest events if more wait than are kept. */
export function boundInbox(tx: Tx): void {
  const bySensor = Map.groupBy(eventsBeyond(tx.db, { keep: MAX_INBOX, limit: BOUND_SLICE }), (row) =>
    JSON.stringify([row.location, row.sensor]),
  );
  for (const rows of bySensor.values()) {
    const [first] = rows;
    const source = { location: first?.location ?? "", kind: "sensor", name: first?.sensor ?? "" } as const;
    // An open tick needs the rows that it took.
    if (takenBy(tx, source) > 0) continue;
    giveUp(tx, source, {
      rows,
      state: "failed",
      message: `Not handled: more than ${MAX_INBOX} events wait for sensors, so the oldest are dropped.`,
    });
  }
}

function takenBy(tx: Tx, source: Source): number {
  return openTicksOf(tx.db, source).reduce((sum, tick) => sum + tick.events.length, 0);
}

interface GivenUp {
  readonly rows: readonly EventMention[];
  readonly state: "skipped" | "failed";
  readonly message: string;
}

function giveUp(tx: Tx, source: Source, { rows, state, message }: GivenUp): void {
  deleteEvents(
    tx.db,
    rows.map(({ no }) => no),
  );
  const deliveries = rows.flatMap(({ delivery }) => delivery ?? []);
  const webhook = deliveries.length > 0;
  const text = `${rows.length === 1 ? "One event" : `${rows.length} events`} ${message.charAt(0).toLowerCase()}${message.slice(1)}`;
  const tick = endTick(tx, newTick(tx, { source, cause: webhook ? "webhook" : "event", scheduledFor: rows[0]?.at ?? tx.now }), {
    state,
    message: text,
  });
  if (webhook) tx.fact({ type: "deliveries_handled", tick: tick.id, deliveries, runs: [], state, message: text });
}
