import { describe, expect, it } from "vitest";
import { compareMoments, completed, laterThan, latestOf, momentOfTick, partitionsOf, restricted, type Timing } from "./moment.ts";

const at = (time: number, sequence = 0) => ({ at: time, sequence });
const timing = (...entries: [number, number, number][]): Timing =>
  entries.map(([time, from, to]) => ({ moment: at(time), subset: [from, to] }));

describe("moments", () => {
  it("moments go by time, then event, a tick before its millisecond's events", () => {
    expect(compareMoments(at(1, 9), at(2, 0))).toBeLessThan(0);
    expect(compareMoments(at(2, 1), at(2, 0))).toBeGreaterThan(0);
    expect(compareMoments(momentOfTick(2), at(2, 0))).toBeLessThan(0);
    expect(compareMoments(at(2, 1), at(2, 1))).toBe(0);
  });
});

describe("timing", () => {
  it("keeps every partition at its latest moment only", () => {
    expect(latestOf(timing([1, 0, 5], [3, 2, 4], [2, 3, 9]))).toEqual([
      { moment: at(3), subset: [2, 4] },
      { moment: at(2), subset: [4, 9] },
      { moment: at(1), subset: [0, 2] },
    ]);
    expect(latestOf(timing([1, 0, 2], [1, 4, 6]))).toEqual([{ moment: at(1), subset: [0, 2, 4, 6] }]);
    expect(latestOf(timing([1, 2, 4], [2, 0, 9]))).toEqual(timing([2, 0, 9]));
    expect(latestOf([{ moment: at(1), subset: [] }])).toEqual([]);
    expect(latestOf([])).toEqual([]);
  });

  it("a timing can be narrowed, joined and completed", () => {
    expect(restricted(timing([2, 0, 4], [1, 6, 8]), [3, 6])).toEqual(timing([2, 3, 4]));
    expect(partitionsOf(timing([2, 0, 4], [1, 4, 8]))).toEqual([0, 8]);
    expect(completed(timing([2, 0, 4]), [2, 8], at(7))).toEqual(timing([7, 4, 8], [2, 2, 4]));
    expect(completed(timing([2, 0, 4]), [2, 4], at(7))).toEqual(timing([2, 2, 4]));
  });

  it("says what happened after other things, and not at the same moment", () => {
    expect(laterThan(timing([5, 0, 10]), timing([4, 0, 2], [5, 2, 4], [6, 4, 6]))).toEqual([{ moment: at(5), subset: [0, 2, 6, 10] }]);
    expect(laterThan(timing([5, 0, 3]), timing([5, 0, 3]))).toEqual([]);
    expect(laterThan(timing([5, 0, 3]), [])).toEqual(timing([5, 0, 3]));
  });
});
