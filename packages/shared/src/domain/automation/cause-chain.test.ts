import { describe, expect, it } from "vitest";
import {
  type CauseChain,
  chainOfAll,
  chainOfTarget,
  chainThrough,
  circleOf,
  longestChain,
  MAX_CHAIN,
  timesThrough,
} from "./cause-chain.ts";

const through = (...sensors: string[]) => sensors.reduce<CauseChain>(chainThrough, { root: "run", passed: [] });

describe("a chain of causes", () => {
  it("comes back to a sensor that it came through, however far back that was", () => {
    const chain = through("a", "b", "c");
    expect(timesThrough(chain, "d")).toBe(0);
    expect(timesThrough(chain, "b")).toBe(1);
    expect(circleOf(chain, "b")).toEqual(["b", "c", "b"]);
  });

  it("counts how often it came to a sensor, also from one that was stored before that was counted", () => {
    const stored: CauseChain = { root: "run", passed: ["a", "b"] };
    const chain = chainThrough(chainThrough(stored, "b"), "c");
    expect(chain).toEqual({ root: "run", passed: ["a", "b", "c"], times: [1, 2, 1] });
    expect(["a", "b", "c"].map((sensor) => timesThrough(chain, sensor))).toEqual([1, 2, 1]);
  });

  it("names so many sensors and takes every further one for one that was there before", () => {
    const chain = through(...Array.from({ length: MAX_CHAIN + 5 }, (_, index) => `sensor ${index}`));
    expect(chain.passed).toHaveLength(MAX_CHAIN);
    expect(timesThrough(chain, "another")).toBe(1);
    expect(circleOf(chain, "another").at(-1)).toBe("another");
  });

  it("is the longest of several, each turn counted, and of equal ones the last", () => {
    const [two, other] = [through("b", "c"), { root: "other run", passed: ["d", "e"] }];
    expect(longestChain([null, through("a"), two, other])).toBe(other);
    const three = through("a", "a", "a");
    expect(longestChain([three, two])).toBe(three);
    expect(longestChain([null, undefined])).toBeNull();
  });

  it("of several targets is the longest, and each of them follows only from its own", () => {
    const [short, long] = [through("a"), through("b", "c")];
    const chain = chainOfAll(
      new Map([
        ["constructor", null],
        ["x", short],
        ["y", long],
      ]),
    );
    expect(chain).toMatchObject(long);
    expect(["constructor", "constructor:check", "x", "x:check", "y", "toString"].map((target) => chainOfTarget(chain, target))).toEqual([
      null,
      null,
      short,
      short,
      long,
      long,
    ]);
    expect(chainOfAll(new Map([["x", long]]))).toBe(long);
    expect(chainOfAll(new Map([["x", null]]))).toBeNull();
  });
});
