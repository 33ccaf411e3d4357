import { describe, expect, it } from "vitest";
import { Slots } from "./slots.ts";

describe("slots", () => {
  async function settled(promise: Promise<void>): Promise<boolean> {
    return await Promise.race([promise.then(() => true), new Promise<boolean>((resolve) => setImmediate(() => resolve(false)))]);
  }

  it("a holder waits until a slot is free", async () => {
    const slots = new Slots<string>(1);
    await slots.take("first", () => false);
    const second = slots.take("second", () => false);
    expect(await settled(second)).toBe(false);
    slots.free("first");
    expect(await settled(second)).toBe(true);
  });

  it("a stopped holder is woken, takes no slot, and wakes the next", async () => {
    const slots = new Slots<string>(1);
    await slots.take("first", () => false);
    let stopped = false;
    const second = slots.take("second", () => stopped);
    const third = slots.take("third", () => false);
    stopped = true;
    slots.wake("second");
    expect(await settled(second)).toBe(true);
    expect(await settled(third)).toBe(false);
    slots.free("first");
    expect(await settled(third)).toBe(true);
  });

  it("an occupied slot counts even beyond the limit", async () => {
    const slots = new Slots<string>(1);
    slots.occupy("first");
    slots.occupy("second");
    const third = slots.take("third", () => false);
    slots.free("first");
    expect(await settled(third)).toBe(false);
    slots.free("second");
    expect(await settled(third)).toBe(true);
  });
});
