import { describe, expect, it } from "vitest";
import { runBuckets } from "./run-buckets.ts";

const run = (createdAt: number, status: "succeeded" | "failed" = "succeeded", checksFailed = 0) => ({
  createdAt,
  status,
  checksFailed,
  checksWarned: 0,
});

describe("the runs of a day", () => {
  it("a failed run among many is on top of its bar", () => {
    const runs = [...Array.from({ length: 50 }, () => run(12)), run(13, "failed"), run(14, "succeeded", 1)];
    expect(runBuckets(runs, { from: 0, to: 100, count: 10 })).toEqual([
      {
        from: 10,
        to: 20,
        total: 52,
        parts: [
          { tone: "bad", label: "Failed", count: 1 },
          { tone: "bad", label: "Check failed", count: 1 },
          { tone: "good", label: "Succeeded", count: 50 },
        ],
      },
    ]);
  });

  it("runs outside the day are left out but its end belongs", () => {
    expect(
      runBuckets([run(-1), run(0), run(100), run(101)], { from: 0, to: 100, count: 4 }).map(({ from, total }) => [from, total]),
    ).toEqual([
      [0, 1],
      [75, 1],
    ]);
  });
});
