import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countOf, numbersOf, subsetOf } from "../partitions/subset.ts";
import { backfillProgress, type BackfillRun, type BackfillRunState, nextBackfillRuns } from "./backfill.ts";
import { lostSlices, nextSlices, numberSlices, readSlices, writeSlices } from "./backfill-slices.ts";

/** Runs that wait for earlier ones, in a few groups, each in some state that a real backfill could be in. */
const backfills = fc
  .array(fc.record({ group: fc.nat(3), after: fc.array(fc.nat(60), { maxLength: 4 }), luck: fc.nat(9) }), { maxLength: 60 })
  .map((entries) => {
    const groups = [["a"], ["b", "c"], ["d"], ["e"]] as const;
    const states = new Map<string, BackfillRunState>();
    const runs = entries.map(({ group, after, luck }, number): BackfillRun => {
      const before = [...new Set(after.filter((other) => other < number))].map((other) => `r${other}`);
      const mayRun = before.every((id) => states.get(id) === "succeeded");
      const ended = (["succeeded", "succeeded", "succeeded", "succeeded", "failed", "canceled", "active"] as const)[luck];
      states.set(`r${number}`, mayRun ? (ended ?? "waiting") : "waiting");
      return { id: `r${number}`, assets: groups[group] ?? [], partition: `p${number}`, partitions: 1, after: before };
    });
    return { runs, states };
  });

describe("the slices of a backfill", () => {
  it("say the same as its runs, whatever became of them", () => {
    fc.assert(
      fc.property(backfills, fc.integer({ min: 1, max: 20 }), ({ runs, states }, limit) => {
        const plan = numberSlices(runs);
        const inState = (state: BackfillRunState) => subsetOf(runs.flatMap(({ id }, number) => (states.get(id) === state ? [number] : [])));
        const ranges = {
          active: inState("active"),
          succeeded: inState("succeeded"),
          failed: inState("failed"),
          canceled: inState("canceled"),
        };
        const stateOf = (id: string) => states.get(id) ?? "waiting";
        const lost = lostSlices(plan, ranges);
        const counted = backfillProgress(runs, stateOf);
        expect(countOf(lost)).toBe(counted.failed + counted.canceled + counted.blocked);
        const free = Math.max(0, limit - countOf(ranges.active));
        expect(nextSlices(plan, { ...ranges, lost }, free)).toEqual(nextBackfillRuns(runs, stateOf, limit).map((run) => runs.indexOf(run)));
      }),
    );
  });

  it("any number of slices is read as it was written", () => {
    fc.assert(
      fc.property(backfills, ({ runs }) => {
        const plan = numberSlices(runs);
        expect(readSlices(writeSlices(plan))).toEqual(plan);
      }),
    );
    const many = numberSlices(
      Array.from({ length: 10_000 }, (_, number) => ({
        id: `${number}`,
        assets: ["a"],
        partition: `p${number}`,
        partitions: 1,
        after: [],
      })),
    );
    // A list for each run is not what planning gives.
    const shared = { groups: [["a"]], slices: many.slices.map((slice) => ({ ...slice, group: 0 })) };
    const chunks = writeSlices(shared);
    expect(chunks).toHaveLength(21);
    expect(readSlices(chunks)).toEqual(shared);
  });

  it("wait for ten thousand others in two numbers", () => {
    const parts = Array.from({ length: 10_000 }, (_, number) => ({ id: `a[${number}]`, partition: `${number}`, partitions: 1, after: [] }));
    const report = { id: "report", assets: ["report"], partition: null, partitions: 1, after: parts.map(({ id }) => id) };
    const assets = ["a"];
    const plan = numberSlices([...parts.map((part) => ({ ...part, assets })), report]);
    expect(plan.slices.at(-1)?.after).toEqual([0, 10_000]);
    const nothing = { active: [], succeeded: [], failed: [], canceled: [] };
    const failed = lostSlices(plan, { ...nothing, failed: [17, 18] });
    expect([...numbersOf(failed)]).toEqual([17, 10_000]);
    expect(nextSlices(plan, { ...nothing, succeeded: [0, 10_000], lost: [] }, 5)).toEqual([10_000]);
  });
});
