/** Who is next when several callers want something. */
import { describe, expect, it } from "vitest";
import { MAX_WAITING_CALLS, Turns } from "./turns.ts";

const order = async (turns: Turns, callers: readonly string[]): Promise<string[]> => {
  const served: string[] = [];
  await Promise.all(
    callers.map(async (caller) => {
      await turns.take(caller);
      served.push(caller);
    }),
  );
  return served;
};

describe("turns", () => {
  it("a late caller does not wait for all calls of another", async () => {
    expect(await order(new Turns(), ["a", "a", "a", "a", "a", "b"])).toEqual(["a", "b", "a", "a", "a", "a"]);
  });

  it("waiting callers have their turns one after another", async () => {
    expect((await order(new Turns(), ["a", "a", "a", "b", "b", "b", "c", "c", "c"])).slice(0, 7)).toEqual([
      "a",
      "b",
      "c",
      "a",
      "b",
      "c",
      "a",
    ]);
  });

  it("a caller that asks seldom is served before frequent ones", async () => {
    const turns = new Turns();
    await order(turns, ["a", "a", "a", "b", "b", "b"]);
    expect((await order(turns, ["a", "a", "b", "b", "c"])).slice(0, 2)).toEqual(["a", "c"]);
  });

  it("turns of long ago do not put a caller behind others", async () => {
    const turns = new Turns();
    await order(turns, Array<string>(100).fill("a"));
    await order(turns, Array<string>(400).fill("b"));
    await order(turns, Array<string>(400).fill("b"));
    expect((await order(turns, ["x", "b", "a"])).slice(0, 2)).toEqual(["x", "a"]);
  });

  it("a caller has its turn at once when no other waits", async () => {
    const turns = new Turns();
    let served = false;
    void turns.take("a").then(() => (served = true));
    await Promise.resolve();
    await Promise.resolve();
    expect(served).toBe(true);
  });

  it("the calls of one caller keep their order", async () => {
    const turns = new Turns();
    const served: number[] = [];
    await Promise.all(Array.from({ length: 20 }, (_, call) => turns.take("a").then(() => served.push(call))));
    expect(served).toEqual(Array.from({ length: 20 }, (_, call) => call));
  });

  it("a caller with too many waiting calls is refused", async () => {
    const turns = new Turns();
    const calls = Array.from({ length: MAX_WAITING_CALLS + 2 }, () => turns.take("a"));
    expect(await calls.at(-1)).toBe(false);
    expect(await turns.take("b")).toBe(true);
    expect((await Promise.all(calls)).filter((taken) => taken)).toHaveLength(MAX_WAITING_CALLS + 1);
  });
});
