/**
 * Finds the new entries of a listing with a cursor of (time, id) and an overlap: whatever arrives late but not older than
 * the overlap is still found, and nothing that was taken is taken again.
 */
import { z } from "zod";

/** Something that arrived: a file, an object, a finished job. */
export interface Arrival {
  /** Milliseconds. */
  readonly time: number;
  /** Letters, digits, '_' and '-'; short, because it is kept in the cursor. Stays the same from listing to listing. */
  readonly id: string;
}

/**
 * What is remembered between ticks. Everything up to `floor` is done with; of what lies beyond it, `taken` was handed out. The floor never
 * goes back.
 */
export interface ArrivalCursor {
  readonly floor: Arrival;
  readonly taken: readonly Arrival[];
}

export interface TakeOptions {
  /** How much older than the newest one handed out an arrival may be and still be found. */
  readonly overlapMs: number;
  /** How many are handed out at once; the rest waits for the next tick. */
  readonly limit: number;
}

export interface Taken<T extends Arrival> {
  readonly fresh: readonly T[];
  /** How many are left for the next tick. */
  readonly waiting: number;
  readonly cursor: ArrivalCursor;
}

/** Before everything. */
export const START: ArrivalCursor = { floor: { time: -8.64e15, id: "" }, taken: [] };

/** Keeps the stored cursor well below its limit of 200,000 bytes. With more arrivals than that, the overlap becomes shorter. */
const MAX_TAKEN = 5000;

/** Hands out what is new, oldest first. */
export function takeArrivals<T extends Arrival>(listed: readonly T[], cursor: ArrivalCursor, options: TakeOptions): Taken<T> {
  // Also of what is in this listing: one of several pages may show something twice when it changes meanwhile.
  const known = new Set(cursor.taken.map(({ id }) => id));
  const candidates = listed
    .filter((arrival) => compareArrivals(arrival, cursor.floor) > 0)
    .toSorted(compareArrivals)
    .filter(({ id }) => !known.has(id) && known.add(id));
  const fresh = candidates.slice(0, options.limit);
  return { fresh, waiting: candidates.length - fresh.length, cursor: advance(cursor, fresh, options.overlapMs) };
}

/** All that is listed counts as taken: where to start when only what comes later is wanted. */
export function skipArrivals(listed: readonly Arrival[], overlapMs: number): ArrivalCursor {
  return advance(START, listed, overlapMs);
}

/**
 * Waiting arrivals stay above the floor, because they are newer than all of `fresh`. Only as many entries are dropped as `fresh` adds, the
 * oldest first.
 */
function advance(cursor: ArrivalCursor, fresh: readonly Arrival[], overlapMs: number): ArrivalCursor {
  const taken = [...cursor.taken, ...fresh.map(({ time, id }) => ({ time, id }))].toSorted(compareArrivals);
  const newest = taken.at(-1);
  if (newest === undefined) return cursor;
  const overlap = later(cursor.floor, { time: newest.time - overlapMs, id: "" });
  const tooMany = taken.at(-MAX_TAKEN - 1);
  const floor = tooMany === undefined ? overlap : later(overlap, tooMany);
  return { floor, taken: taken.filter((arrival) => compareArrivals(arrival, floor) > 0) };
}

/** By time, then by id in the order of code units. */
export function compareArrivals(a: Arrival, b: Arrival): number {
  if (a.time !== b.time) return a.time - b.time;
  if (a.id === b.id) return 0;
  return a.id < b.id ? -1 : 1;
}

function later(a: Arrival, b: Arrival): Arrival {
  return compareArrivals(a, b) >= 0 ? a : b;
}

/** `taken` is a list of `<milliseconds after the floor, base 36>.<id>`, because it may be long. */
const stored = z.object({
  v: z.literal(1),
  floor: z.tuple([z.number(), z.string()]),
  taken: z.string().regex(/^(-?[0-9a-z]+\.[\w-]+( |$))*$/),
});

/** As a sensor's cursor. */
export function printCursor({ floor, taken }: ArrivalCursor): string {
  const text: z.infer<typeof stored> = {
    v: 1,
    floor: [floor.time, floor.id],
    taken: taken.map(({ time, id }) => `${(time - floor.time).toString(36)}.${id}`).join(" "),
  };
  return JSON.stringify(text);
}

/** Null when there is no cursor yet. A person may set a point in time instead: newer arrivals count as new. */
export function readCursor(text: string | null): ArrivalCursor | null {
  if (text === null || text.trim() === "") return null;
  const time = Date.parse(text);
  if (!Number.isNaN(time) && !text.startsWith("{")) return { floor: { time, id: "\uffff" }, taken: [] };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const { success, data } = stored.safeParse(value);
  if (!success)
    throw new TypeError(
      "This sensor did not write this cursor. Reset it, or set it to a point in time such as 2025-01-31T00:00:00Z: newer files then count as new.",
    );
  const floor = { time: data.floor[0], id: data.floor[1] };
  return { floor, taken: data.taken === "" ? [] : data.taken.split(" ").map((entry) => readTaken(entry, floor)) };
}

function readTaken(entry: string, floor: Arrival): Arrival {
  const [offset = "", id = ""] = entry.split(".");
  return { time: floor.time + Number.parseInt(offset, 36), id };
}
