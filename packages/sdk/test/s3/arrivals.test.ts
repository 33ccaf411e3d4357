/** The cursor of file and job sensors, under every order of arrival: nothing lost, nothing taken twice, never back. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  compareArrivals,
  printCursor,
  readCursor,
  skipArrivals,
  START,
  takeArrivals,
  type Arrival,
} from "../../src/automation/arrivals.ts";

const OVERLAP = 50;

interface Step {
  /** What turns up before this tick: how much older than now its time is. */
  readonly late: readonly number[];
  readonly advance: number;
  /** The tick's result is lost, e.g. because the agent went away. */
  readonly lost: boolean;
}
const step: fc.Arbitrary<Step> = fc.record({
  // Few different times, so that many are equal.
  late: fc.array(fc.integer({ min: 0, max: OVERLAP }), { maxLength: 6 }),
  advance: fc.integer({ min: 0, max: OVERLAP / 2 }),
  lost: fc.boolean(),
});

describe("an arrival cursor", () => {
  it("an arrival cursor returns each arrival exactly once, in any order of events", () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 60 }),
        fc.integer({ min: 1, max: 7 }),
        fc.infiniteStream(fc.nat(1_000_000)),
        (steps, limit, ids) => {
          const store: Arrival[] = [];
          const taken: string[] = [];
          let now = 1000;
          let cursor = printCursor(START);
          const tick = (lost: boolean): number => {
            const before = readCursor(cursor) ?? START;
            const result = takeArrivals(store, before, { overlapMs: OVERLAP, limit });
            expect(result.fresh.length).toBeLessThanOrEqual(limit);
            expect(compareArrivals(result.cursor.floor, before.floor)).toBeGreaterThanOrEqual(0);
            if (lost) return result.fresh.length;
            cursor = printCursor(result.cursor);
            expect(readCursor(cursor)).toEqual(result.cursor);
            taken.push(...result.fresh.map(({ id }) => id));
            return result.fresh.length;
          };
          for (const { late, advance, lost } of steps) {
            now += advance;
            for (const age of late) store.push({ time: now - age, id: `${ids.next().value}-${store.length}` });
            tick(lost);
          }
          while (tick(false) > 0);
          expect(taken.toSorted()).toEqual(store.map(({ id }) => id).toSorted());
        },
      ),
      { numRuns: 500 },
    );
  });

  it("an arrival cursor hands out the oldest first and says how many wait", () => {
    const listed = [3, 1, 2, 1].map((time, index) => ({ time, id: `id${index}` }));
    const first = takeArrivals(listed, START, { overlapMs: 10, limit: 3 });
    expect(first.fresh.map(({ id }) => id)).toEqual(["id1", "id3", "id2"]);
    expect(first.waiting).toBe(1);
    expect(takeArrivals(listed, first.cursor, { overlapMs: 10, limit: 3 }).fresh).toEqual([{ time: 3, id: "id0" }]);
  });

  it("an arrival cursor takes something once that a listing shows twice", () => {
    const listed = [1, 2].map((time) => ({ time, id: "same" }));
    expect(takeArrivals(listed, START, { overlapMs: 10, limit: 5 }).fresh).toEqual([{ time: 1, id: "same" }]);
  });

  it("an arrival cursor finds what is late within the overlap and gives up what is older", () => {
    const { cursor } = takeArrivals([{ time: 1000, id: "new" }], START, { overlapMs: OVERLAP, limit: 5 });
    const late = [
      { time: 1000 - OVERLAP, id: "just-late" },
      { time: 999 - OVERLAP, id: "too-late" },
    ];
    expect(takeArrivals(late, cursor, { overlapMs: OVERLAP, limit: 5 }).fresh.map(({ id }) => id)).toEqual(["just-late"]);
  });

  it("an arrival cursor stays small when very many arrive within the overlap, and still loses none", () => {
    const listed = Array.from({ length: 20_000 }, (_, index) => ({ time: index % 40, id: `some-object-${index}` }));
    const seen = new Set<string>();
    let cursor = START;
    for (let ticks = 0; ticks < 60; ticks++) {
      const result = takeArrivals(listed, cursor, { overlapMs: 1000, limit: 500 });
      for (const { id } of result.fresh) seen.add(id);
      cursor = result.cursor;
      expect(printCursor(cursor).length).toBeLessThan(200_000);
    }
    expect(seen.size).toBe(listed.length);
    expect(takeArrivals(listed, cursor, { overlapMs: 1000, limit: 500 }).fresh).toEqual([]);
  });

  it("an arrival cursor loses nothing of what still waits when late ones come after very many", () => {
    const many = Array.from({ length: 9000 }, (_, index) => ({ time: 500 + (index % 40), id: `many-${index}` }));
    const options = { overlapMs: 1000, limit: 2000 };
    let cursor = START;
    for (let ticks = 0; ticks < 2; ticks++) ({ cursor } = takeArrivals(many, cursor, options));
    const listed = [...many, ...Array.from({ length: 3000 }, (_, index) => ({ time: 100, id: `late-${index}` }))];
    const seen = new Set<string>();
    for (let ticks = 0; ticks < 6; ticks++) {
      const result = takeArrivals(listed, readCursor(printCursor(cursor)) ?? START, options);
      for (const { id } of result.fresh) {
        expect(seen.has(id)).toBe(false);
        seen.add(id);
      }
      ({ cursor } = result);
    }
    expect(seen.size).toBe(listed.length - 4000);
  });

  it("an arrival cursor can start from now", () => {
    const there = [1, 900, 1000].map((time) => ({ time, id: `${time}` }));
    const cursor = skipArrivals(there, OVERLAP);
    expect(takeArrivals([...there, { time: 990, id: "late" }], cursor, { overlapMs: OVERLAP, limit: 5 }).fresh).toEqual([
      { time: 990, id: "late" },
    ]);
  });

  it("an arrival cursor can be a point in time that a person set", () => {
    const cursor = readCursor("2025-01-31T00:00:00Z") ?? START;
    const at = Date.parse("2025-01-31T00:00:00Z");
    const listed = [at, at + 1].map((time) => ({ time, id: `${time}` }));
    expect(takeArrivals(listed, cursor, { overlapMs: 0, limit: 5 }).fresh).toEqual([{ time: at + 1, id: `${at + 1}` }]);
    expect(readCursor(null)).toBeNull();
    expect(() => readCursor('{"v":7}')).toThrow("Reset it, or set it to a point in time");
    expect(() => readCursor("yesterday evening")).toThrow("did not write this cursor");
  });
});
