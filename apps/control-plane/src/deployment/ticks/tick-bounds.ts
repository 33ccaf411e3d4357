/** Shortens the parts of a tick so that they fit into its row; a delivery alone may be as large as a row. */
import type { SensorEvent } from "@headgate/shared/sensor/event-schema.ts";
import { shortenedEvent } from "@headgate/shared/sensor/sensor-event.ts";
import type { TickRow } from "./tick-store.ts";

/** The most bytes of the events and the cursor before the tick. The other parts have their own limits and fit into the rest of the row. */
const MAX_EVENT_BYTES = 1_000_000;
const MAX_LISTED_KEYS = 1000;
/** The most bytes of the keys in a list. */
const MAX_KEY_BYTES = 100_000;
const MAX_LOGS = 500;
const MAX_LOG_BYTES = 200_000;
const MAX_LOG_CHARACTERS = 10_000;
const CUT = "(not kept: too large for the history of ticks)";

const encoder = new TextEncoder();
const bytesOf = (value: unknown): number => encoder.encode(JSON.stringify(value)).length;

/** The events, without their contents if they are too large. The evaluation reads full events from the inbox. */
export function keptEvents({ events, cursorBefore }: Pick<TickRow, "events" | "cursorBefore">): readonly SensorEvent[] {
  if (events.length === 0 || bytesOf(events) + (cursorBefore === null ? 0 : bytesOf(cursorBefore)) <= MAX_EVENT_BYTES) return events;
  return events.map((event) => shortenedEvent(event, CUT));
}

/** The first run keys, within the limits. */
export function listedRunKeys(keys: TickRow["deduplicated"]): TickRow["deduplicated"] {
  const taken = takeWithin();
  return keys.filter((entry) => taken(entry));
}

/** The first keys of all sets together, because a tick with checkpoints may change many. */
export function listedChanges(changes: TickRow["dynamicPartitions"]): TickRow["dynamicPartitions"] {
  const taken = takeWithin();
  return changes.flatMap(({ name, added, removed }) => {
    const listed = { name, added: added.filter((key) => taken(key)), removed: removed.filter((key) => taken(key)) };
    return listed.added.length + listed.removed.length > 0 ? [listed] : [];
  });
}

/** Returns a function that accepts values until the limits are reached. */
function takeWithin(): (value: unknown) => boolean {
  let left = MAX_LISTED_KEYS;
  let bytes = MAX_KEY_BYTES;
  return (value) => {
    if (left <= 0) return false;
    bytes -= bytesOf(value);
    left = bytes < 0 ? 0 : left - 1;
    return bytes >= 0;
  };
}

/** The last log lines, within the limits. */
export function lastLogs(logs: TickRow["logs"]): TickRow["logs"] {
  const kept: TickRow["logs"][number][] = [];
  let bytes = 0;
  for (const line of logs.toReversed()) {
    const cut = { ...line, level: line.level.slice(0, 20), message: line.message.slice(0, MAX_LOG_CHARACTERS) };
    bytes += bytesOf(cut);
    if (kept.length >= MAX_LOGS || bytes > MAX_LOG_BYTES) break;
    kept.push(cut);
  }
  return kept.reverse();
}
