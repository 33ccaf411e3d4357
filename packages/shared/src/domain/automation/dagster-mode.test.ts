import { describe, expect, it } from "vitest";
import * as build from "./build.ts";
import type { EvaluationMode } from "./scope.ts";
import { openWorld } from "./world.test-support.ts";

const minute = (count: number) => Date.UTC(2025, 5, 3, 4) + count * 60_000;
const ONCE = [""];
const chain = (mode: EvaluationMode) => openWorld({ assets: { a: {}, b: { deps: ["a"], condition: build.eager() } }, mode });

/** The table in docs/internals/automation.md. */
describe("between two evaluations", () => {
  it.each([
    ["dagster", {}],
    ["event_order", { b: ONCE }],
  ] as const)("an update after the request: %s requests %j", (mode, expected) => {
    const world = chain(mode);
    world.requestedAt(minute(0));
    world.report("a", minute(1));
    expect(world.requestedAt(minute(2))).toEqual({ b: ONCE });
    world.report("a", minute(3));
    expect(world.requestedAt(minute(4))).toEqual(expected);
    expect(world.requestedAt(minute(5))).toEqual({});
  });

  it.each([
    ["dagster", {}],
    ["event_order", { b: ONCE }],
  ] as const)("the asset is materialized and then its dependency updated: %s requests %j", (mode, expected) => {
    const world = chain(mode);
    world.requestedAt(minute(0));
    world.report("b", minute(1));
    world.report("a", minute(2));
    expect(world.requestedAt(minute(3))).toEqual(expected);
  });

  it.each([
    ["dagster", {}],
    ["event_order", { b: ONCE }],
  ] as const)("a cron tick after a request, with an update: %s requests %j", (mode, expected) => {
    const condition = build.sinceLastHandled(
      build.labeled("tick", build.or(build.cronTickPassed("*/30 * * * *"), build.codeVersionChanged())),
    );
    const world = openWorld({ assets: { b: { condition } }, mode });
    world.setCodeVersion("b", "1");
    world.requestedAt(minute(0));
    world.setCodeVersion("b", "2");
    expect(world.requestedAt(minute(29))).toEqual({ b: ONCE });
    expect(world.requestedAt(minute(31))).toEqual(expected);
    expect(world.requestedAt(minute(32))).toEqual({});
  });

  it.each([
    ["dagster", { b: ONCE }],
    ["event_order", {}],
  ] as const)("evaluated twice at a tick: the second of %s requests %j", (mode, expected) => {
    const world = openWorld({ assets: { b: { condition: build.cronTickPassed("0 5 * * *") } }, mode });
    world.requestedAt(minute(0));
    expect(world.requestedAt(minute(60))).toEqual({ b: ONCE });
    expect(world.requestedAt(minute(60))).toEqual(expected);
  });

  it.each([
    ["dagster", {}],
    ["event_order", { b: ONCE }],
  ] as const)("two operators with operands of the same kind: %s requests %j", (mode, expected) => {
    const never = build.and(build.missing(), build.not(build.missing()));
    const first = build.since(build.or(build.newlyUpdated(), never), build.or(never, never));
    const second = build.since(build.or(never, never), build.or(never, never));
    const world = openWorld({ assets: { b: { condition: build.or(first, build.labeled("kept apart", second)) } }, mode });
    world.requestedAt(minute(0));
    world.report("b", minute(1));
    expect(world.requestedAt(minute(2))).toEqual({ b: ONCE });
    // The first is still true, unless the second has overwritten what it kept.
    expect(world.requestedAt(minute(3))).toEqual(expected);
  });
});
