import { describe, expect, it } from "vitest";
import * as fc from "fast-check";
import { unwrap } from "../errors.ts";
import type { PartitionsDefinition } from "./definition.ts";
import { openPartitions } from "./partition-set.ts";
import {
  countOf,
  difference,
  firstOfEach,
  includes,
  intersection,
  numbersOf,
  rangesOf,
  rangeSubset,
  subsetOf,
  union,
  unionOf,
  withPartition,
} from "./subset.ts";
import { readSubset, storeSubset } from "./subset-json.ts";
import { propertyRuns } from "../property-runs.test-support.ts";

const numbers = fc.uniqueArray(fc.nat(40), { maxLength: 25 });
const sorted = (values: Iterable<number>) => [...values].toSorted((a, b) => a - b);

describe("partition subsets", () => {
  it("behave like sets of numbers", () => {
    fc.assert(
      fc.property(numbers, numbers, fc.nat(42), (left, right, one) => {
        const [a, b] = [subsetOf(left), subsetOf(right)];
        const [setA, setB] = [new Set(left), new Set(right)];
        expect([...numbersOf(a)]).toEqual(sorted(left));
        expect([...numbersOf(union(a, b))]).toEqual(sorted(new Set([...left, ...right])));
        expect([...numbersOf(intersection(a, b))]).toEqual(sorted(left.filter((number) => setB.has(number))));
        expect([...numbersOf(difference(a, b))]).toEqual(sorted(left.filter((number) => !setB.has(number))));
        expect(countOf(a)).toBe(setA.size);
        expect(includes(a, one)).toBe(setA.has(one));
        expect(withPartition(a, one)).toEqual(subsetOf([...left, one]));
        // Equal sets have equal ranges, so they can be compared and stored as text.
        expect(union(a, b)).toEqual(subsetOf([...left, ...right]));
      }),
      { seed: 31, numRuns: propertyRuns(500) },
    );
  });

  it("many subsets at once are joined and subtracted as one by one", () => {
    fc.assert(
      fc.property(fc.array(numbers, { maxLength: 8 }), (lists) => {
        const subsets = lists.map(subsetOf);
        expect(unionOf(subsets)).toEqual(subsetOf(lists.flat()));
        const seen = new Set<number>();
        const first = lists.map((list) => {
          const fresh = subsetOf(list.filter((number) => !seen.has(number)));
          for (const number of list) seen.add(number);
          return fresh;
        });
        expect(firstOfEach(subsets)).toEqual(first);
      }),
      { seed: 34, numRuns: propertyRuns(300) },
    );
  });

  it("a subset is given as ranges, and an empty range is nothing", () => {
    expect(rangesOf([0, 2, 5, 6])).toEqual([
      { from: 0, to: 2 },
      { from: 5, to: 6 },
    ]);
    expect([rangeSubset(3, 5), rangeSubset(3, 3), rangeSubset(4, 3), rangesOf([])]).toEqual([[3, 5], [], [], []]);
  });

  it("keeps ten thousand hours in two numbers", () => {
    expect(subsetOf(Array.from({ length: 10_000 }, (_, i) => i))).toEqual([0, 10_000]);
  });
});

describe("stored subsets", () => {
  const now = Date.parse("2024-03-12T10:30Z");
  const openAt = (definition: PartitionsDefinition) => unwrap(openPartitions(definition, { now }));
  const daily: PartitionsDefinition = { type: "time", cadence: "daily", start: "2024-02-01", timezone: "America/Los_Angeles" };
  const regions: PartitionsDefinition = { type: "static", keys: ["eu", "us", "asia"] };
  const multi: PartitionsDefinition = {
    type: "multi",
    dimensions: [
      { name: "day", partitions: { type: "time", cadence: "daily", start: "2024-03-01" } },
      { name: "region", partitions: regions },
      { name: "tier", partitions: { type: "static", keys: ["a", "b"] } },
    ],
  };

  it("come back the same for every kind of partitions", () => {
    fc.assert(
      fc.property(fc.constantFrom(daily, regions, multi), numbers, (definition, drawn) => {
        const set = openAt(definition);
        const subset = subsetOf(drawn.filter((number) => number < set.count));
        expect(readSubset(set, JSON.parse(JSON.stringify(storeSubset(set, subset))))).toEqual(subset);
      }),
      { seed: 32, numRuns: propertyRuns(300) },
    );
  });

  it("mean the same windows after the start of the definition has moved", () => {
    const before = openAt(daily);
    const stored = storeSubset(before, [5, 10]);
    const after = openAt({ ...daily, start: "2024-02-04" });
    const keys = (set: typeof before, subset: readonly number[]) => [...numbersOf(subset)].map((number) => set.keyAt(number));
    expect(keys(after, readSubset(after, stored))).toEqual(keys(before, [5, 10]));
    const later = openAt({ ...daily, start: "2024-02-08" });
    expect(keys(later, readSubset(later, stored))).toEqual(keys(before, [7, 10]));
  });

  it("a thousand days of three regions are stored as one entry", () => {
    const set = openAt({
      type: "multi",
      dimensions: [
        { name: "day", partitions: { type: "time", cadence: "daily", start: "2020-01-01" } },
        { name: "region", partitions: regions },
      ],
    });
    expect(JSON.stringify(storeSubset(set, [0, 3000])).length).toBeLessThan(100);
  });
});
