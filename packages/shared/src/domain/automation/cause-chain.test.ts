import { describe, expect, it } from "vitest";
import { type CauseChain, chainThrough, circleOf, comesBackTo, longestChain, MAX_CHAIN } from "./cause-chain.ts";

const through = (...sensors: string[]) => sensors.reduce<CauseChain>(chainThrough, { root: "run", passed: [] });

describe("a chain of causes", () => {
  it("comes back to a sensor that it came through, however far back that was", () => {
    const chain = through("a", "b", "c");
    expect(comesBackTo(chain, "d")).toBe(false);
    expect(comesBackTo(chain, "b")).toBe(true);
    expect(circleOf(chain, "b")).toEqual(["b", "c", "b"]);
    expect(chainThrough(chain, "b")).toBe(chain);
  });

  it("names so many sensors and takes every further one for one that was there before", () => {
    const chain = through(...Array.from({ length: MAX_CHAIN + 5 }, (_, index) => `sensor ${index}`));
    expect(chain.passed).toHaveLength(MAX_CHAIN);
    expect(comesBackTo(chain, "another")).toBe(true);
    expect(circleOf(chain, "another").at(-1)).toBe("another");
  });

  it("is the longest of several, and of equal ones the first", () => {
    const [one, two] = [through("a"), through("b", "c")];
    expect(longestChain([null, one, two, through("d", "e")])).toBe(two);
    expect(longestChain([null, undefined])).toBeNull();
  });
});
