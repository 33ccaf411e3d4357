import { describe, expect, it } from "vitest";
import { formatDuration, formatShortDuration, formatShortSpan, formatSpan } from "./duration.ts";

describe("a length of time", () => {
  it("is written with two units at most", () => {
    expect([0.4, 820, 4_250, 59_900, 185_000, 7_800_000, 200_000_000].map(formatDuration)).toEqual([
      "<1 ms",
      "820 ms",
      "4.2 s",
      "59 s",
      "3 min 05 s",
      "2 h 10 min",
      "2 d 7 h",
    ]);
  });

  it("has no empty unit when it is configured", () => {
    expect([1_000, 30_000, 600_000, 5_400_000, 86_400_000, 172_800_000].map(formatSpan)).toEqual([
      "1 s",
      "30 s",
      "10 min",
      "1 h 30 min",
      "24 h",
      "2 d",
    ]);
  });

  it("has short units on the terminal", () => {
    expect([12, 1234, 61_000, 3_700_000, 200_000_000].map(formatShortDuration)).toEqual(["12ms", "1.2s", "1m 1s", "1h 1m", "2d 7h"]);
  });

  it("reads on the terminal as its options read it", () => {
    expect([1_000, 30_000, 600_000, 5_400_000, 86_400_000, 604_800_000].map(formatShortSpan)).toEqual([
      "1s",
      "30s",
      "10m",
      "1h 30m",
      "24h",
      "7d",
    ]);
  });
});
