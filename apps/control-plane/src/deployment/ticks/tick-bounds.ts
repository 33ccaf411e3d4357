/** What of a tick is kept? Its row has a limit in bytes, and a delivery alone may be as long as that. */
import { type SensorEvent, shortenedEvent } from "@headgate/shared/sensor/sensor-event.ts";
import type { TickRow } from "./tick-store.ts";

/** Events and the cursor before; what an evaluation adds, each part bounded by itself, takes less than the rest of a row. */
const MAX_EVENT_BYTES = 1_000_000;
const MAX_LISTED_KEYS = 1000;
/** Of the keys in a list. */
const MAX_KEY_BYTES = 100_000;
const MAX_LOGS = 500;
const MAX_LOG_BYTES = 200_000;
const MAX_LOG_CHARACTERS = 10_000;
const CUT = "(not kept: too large for the history of ticks)";

const encoder = new TextEncoder();
const bytesOf = (value: unknown): number => encoder.encode(JSON.stringify(value)).length;

/** The events as they are, or without what they say. The evaluation gets them whole, from the inbox. */
export function keptEvents({ events, cursorBefore }: Pick<TickRow, "events" | "cursorBefore">): readonly SensorEvent[] {
  if (events.length === 0 || bytesOf(events) + (cursorBefore === null ? 0 : bytesOf(cursorBefore)) <= MAX_EVENT_BYTES) return events;
  return events.map((event) => shortenedEvent(event, CUT));
}

/** The first of them. */
export function listedRunKeys(keys: TickRow["deduplicated"]): TickRow["deduplicated"] {
  const taken = takeWithin();
  return keys.filter((entry) => taken(entry));
}

/** The first keys of all sets together, for a tick with checkpoints may change many. */
export function listedChanges(changes: TickRow["dynamicPartitions"]): TickRow["dynamicPartitions"] {
  const taken = takeWithin();
  return changes.flatMap(({ name, added, removed }) => {
    const listed = { name, added: added.filter((key) => taken(key)), removed: removed.filter((key) => taken(key)) };
    return listed.added.length + listed.removed.length > 0 ? [listed] : [];
  });
}

/** Says yes until there were enough, and then never again. */
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

/** The last lines. */
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
