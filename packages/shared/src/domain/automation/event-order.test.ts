import { describe, expect, it } from "vitest";
import * as build from "./build.ts";
import { openWorld, type WorldOptions } from "./world.test-support.ts";

const start = Date.UTC(2025, 5, 3, 4);
const minute = (count: number) => start + count * 60_000;
const hour = (count: number) => minute(count * 60);
const ONCE = [""];

function chain(condition = build.eager(), options: Partial<WorldOptions> = {}) {
  return openWorld({ assets: { a: {}, b: { deps: ["a"], condition } }, ...options });
}

describe.each([true, false])("conditions in event order, evaluated incrementally: %s", (incremental) => {
  it("materializes a child once for each update of its parent", () => {
    const world = chain(build.eager(), { incremental });
    expect(world.requestedAt(minute(0))).toEqual({});
    world.report("a", minute(1));
    expect(world.requestedAt(minute(2))).toEqual({ b: ONCE });
    expect(world.requestedAt(minute(3))).toEqual({});
    world.report("b", minute(4), { startedAt: minute(3) });
    expect(world.requestedAt(minute(5))).toEqual({});
  });

  it("an update between a request and the next evaluation is kept", () => {
    const world = chain(build.eager(), { incremental });
    world.requestedAt(minute(0));
    world.report("a", minute(1));
    expect(world.requestedAt(minute(2))).toEqual({ b: ONCE });
    world.report("a", minute(3));
    expect(world.requestedAt(minute(4))).toEqual({ b: ONCE });
    expect(world.requestedAt(minute(5))).toEqual({});
  });

  it("a run that starts after the second update needs no other", () => {
    const world = chain(build.eager(), { incremental });
    world.requestedAt(minute(0));
    world.report("a", minute(1));
    world.requestedAt(minute(2));
    world.setRunning("b", true);
    world.report("a", minute(3));
    expect(world.requestedAt(minute(4))).toEqual({});
    world.setRunning("b", false);
    world.report("b", minute(9), { startedAt: minute(5) });
    expect(world.requestedAt(minute(10))).toEqual({});
  });

  it("a run that read the old data is followed by another request", () => {
    const world = chain(build.eager(), { incremental });
    world.requestedAt(minute(0));
    world.report("a", minute(1));
    world.requestedAt(minute(2));
    world.setRunning("b", true);
    world.report("a", minute(6));
    expect(world.requestedAt(minute(7))).toEqual({});
    world.setRunning("b", false);
    world.report("b", minute(9), { startedAt: minute(5) });
    expect(world.requestedAt(minute(10))).toEqual({ b: ONCE });
  });

  it("the order of parent and child between two evaluations is known", () => {
    const world = chain(build.eager(), { incremental });
    world.requestedAt(minute(0));
    world.report("b", minute(1));
    world.report("a", minute(2));
    expect(world.requestedAt(minute(3))).toEqual({ b: ONCE });
    world.report("a", minute(4));
    world.report("b", minute(5));
    expect(world.requestedAt(minute(6))).toEqual({});
  });

  it("a cron tick that follows a request is kept", () => {
    const world = openWorld({ assets: { b: { condition: build.onCron("*/30 * * * *") } }, incremental });
    world.requestedAt(minute(0));
    expect(world.requestedAt(minute(30))).toEqual({ b: ONCE });
    expect(world.requestedAt(minute(60))).toEqual({ b: ONCE });
    expect(world.requestedAt(minute(61))).toEqual({});
  });

  it("fires once for a tick at the very instant of two evaluations", () => {
    const world = openWorld({ assets: { b: { condition: build.cronTickPassed("0 5 * * *") } }, incremental });
    world.requestedAt(hour(0));
    expect(world.requestedAt(hour(1))).toEqual({ b: ONCE });
    expect(world.requestedAt(hour(1))).toEqual({});
  });

  it("waits with onCron for every dependency", () => {
    const world = openWorld({ assets: { a: {}, c: {}, b: { deps: ["a", "c"], condition: build.onCron("0 5 * * *") } }, incremental });
    world.requestedAt(minute(0));
    world.report("a", minute(10));
    expect(world.requestedAt(minute(61))).toEqual({});
    world.report("c", minute(62));
    expect(world.requestedAt(minute(63))).toEqual({});
    world.report("a", minute(64));
    expect(world.requestedAt(minute(65))).toEqual({ b: ONCE });
    expect(world.requestedAt(minute(66))).toEqual({});
  });

  it("requests a whole chain at once", () => {
    const world = openWorld({
      assets: { a: {}, b: { deps: ["a"], condition: build.eager() }, c: { deps: ["b"], condition: build.eager() } },
      incremental,
    });
    world.report("a", minute(0));
    world.report("b", minute(0));
    world.report("c", minute(0));
    expect(world.requestedAt(minute(1))).toEqual({});
    world.report("a", minute(2));
    expect(world.requestedAt(minute(3))).toEqual({ b: ONCE, c: ONCE });
    const run = { tags: {}, executes: (target: string) => ["b", "c"].includes(target) };
    world.report("b", minute(4), { run });
    world.report("c", minute(5), { run, startedAt: minute(4) });
    expect(world.requestedAt(minute(6))).toEqual({});
  });

  it("materializes partitions that come into being, and only the newest time window", () => {
    const daily = { type: "time", cadence: "daily", start: "2025-06-01" } as const;
    const world = openWorld({ assets: { a: { partitions: daily, condition: build.onMissing() } }, incremental });
    expect(world.requestedAt(hour(0))).toEqual({});
    expect(world.requestedAt(hour(19))).toEqual({});
    expect(world.requestedAt(hour(20))).toEqual({ a: ["2025-06-03"] });
    expect(world.requestedAt(hour(21))).toEqual({});
    expect(world.requestedAt(hour(68))).toEqual({ a: ["2025-06-05"] });
  });

  it("materializes keys that are added to a dynamic set", () => {
    const world = openWorld({
      assets: { a: { partitions: { type: "dynamic", name: "customers" }, condition: build.onMissing() } },
      incremental,
    });
    world.requestedAt(minute(0));
    world.addKey("p1", "a");
    expect(world.requestedAt(minute(1))).toEqual({ a: ["p1"] });
    world.addKey("p2", "a");
    expect(world.requestedAt(minute(2))).toEqual({ a: ["p2"] });
  });

  it("sees a change of the code version once", () => {
    const world = openWorld({ assets: { a: { condition: build.codeVersionChanged() } }, incremental });
    world.setCodeVersion("a", "1");
    expect(world.requestedAt(minute(0))).toEqual({});
    world.setCodeVersion("a", "2");
    expect(world.requestedAt(minute(1))).toEqual({ a: ONCE });
    expect(world.requestedAt(minute(2))).toEqual({});
  });
});
