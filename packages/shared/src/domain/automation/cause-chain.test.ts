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
  it("a return to a sensor is found, however far back it was", () => {
    const chain = through("a", "b", "c");
    expect(timesThrough(chain, "d")).toBe(0);
    expect(timesThrough(chain, "b")).toBe(1);
    expect(circleOf(chain, "b")).toEqual(["b", "c", "b"]);
  });

  it("visits of a sensor are counted, also in chains stored without counts", () => {
    const stored: CauseChain = { root: "run", passed: ["a", "b"] };
    const chain = chainThrough(chainThrough(stored, "b"), "c");
    expect(chain).toEqual({ root: "run", passed: ["a", "b", "c"], times: [1, 2, 1] });
    expect(["a", "b", "c"].map((sensor) => timesThrough(chain, sensor))).toEqual([1, 2, 1]);
  });

  it("a full chain takes every further sensor for a known one", () => {
    const chain = through(...Array.from({ length: MAX_CHAIN + 5 }, (_, index) => `sensor ${index}`));
    expect(chain.passed).toHaveLength(MAX_CHAIN);
    expect(timesThrough(chain, "another")).toBe(1);
    expect(circleOf(chain, "another").at(-1)).toBe("another");
  });

  it("the longest of several chains wins, and the last of equal ones", () => {
    const [two, other] = [through("b", "c"), { root: "other run", passed: ["d", "e"] }];
    expect(longestChain([null, through("a"), two, other])).toBe(other);
    const three = through("a", "a", "a");
    expect(longestChain([three, two])).toBe(three);
    expect(longestChain([null, undefined])).toBeNull();
  });

  it("several targets share the longest chain and keep their own causes", () => {
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
