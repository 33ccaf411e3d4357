import { describe, expect, it } from "vitest";
import { unwrap } from "../errors.ts";
import * as build from "./build.ts";
import { describeCondition } from "./describe.ts";
import { allow, ignore, replace, without } from "./transform.ts";
import { evaluationLines, evaluationTree } from "./tree.ts";
import { openWorld, type WorldOptions } from "./world.test-support.ts";

const start = Date.UTC(2025, 5, 3, 4);
const minute = (count: number) => start + count * 60_000;
const hour = (count: number) => minute(count * 60);
const ONCE = [""];

function chain(condition = build.eager(), options: Partial<WorldOptions> = {}) {
  return openWorld({ assets: { a: {}, b: { deps: ["a"], condition } }, ...options });
}

describe("operators over neighbours", () => {
  const checks = [
    { asset: "a", name: "blocks", blocking: true },
    { asset: "a", name: "warns", blocking: false },
  ];

  it("wait for the blocking checks of dependencies", () => {
    const world = chain(build.allDepsBlockingChecksPassed(), { checks });
    expect(world.requestedAt(minute(0))).toEqual({});
    world.setCheck("a:warns", true, minute(1));
    expect(world.requestedAt(minute(2))).toEqual({});
    world.setCheck("a:blocks", true, minute(3));
    expect(world.requestedAt(minute(4))).toEqual({ b: ONCE });
    world.setCheck("a:blocks", false, minute(5));
    expect(world.requestedAt(minute(6))).toEqual({});
  });

  it("evaluate conditions of checks after their asset", () => {
    const eagerCheck = [{ asset: "b", name: "fresh", blocking: false, condition: build.eager() }];
    const world = chain(build.eager(), { checks: eagerCheck });
    world.report("a", minute(0));
    world.report("b", minute(0));
    world.report("b:fresh", minute(0));
    world.requestedAt(minute(1));
    world.report("a", minute(2));
    expect(world.requestedAt(minute(3))).toEqual({ b: ONCE, "b:fresh": ONCE });
  });

  it("pass over ignored dependencies and look at allowed ones only", () => {
    const both = (condition: typeof build.eager) =>
      openWorld({ assets: { x: {}, y: {}, b: { deps: ["x", "y"], condition: condition() } } });
    for (const condition of [
      ignore(build.anyDepsMatch(build.newlyUpdated()), "y"),
      allow(build.anyDepsMatch(build.newlyUpdated()), "key:x"),
    ]) {
      const world = both(() => condition);
      world.requestedAt(minute(0));
      world.report("y", minute(1));
      expect(world.requestedAt(minute(2))).toEqual({});
      world.report("x", minute(3));
      expect(world.requestedAt(minute(4))).toEqual({ b: ONCE });
    }
    const wide = allow(allow(build.anyDepsMatch(build.newlyUpdated()), "key:x"), "key:y");
    const world = both(() => wide);
    world.requestedAt(minute(0));
    world.report("y", minute(1));
    expect(world.requestedAt(minute(2))).toEqual({ b: ONCE });
  });

  it("any of no dependency is false, all of none true", () => {
    const world = openWorld({
      assets: {
        any: { condition: build.anyDepsMatch(build.missing()) },
        all: { condition: build.allDepsMatch(build.not(build.missing())) },
      },
    });
    expect(world.requestedAt(minute(0))).toEqual({ all: ONCE });
  });

  it("look at one asset, also one downstream", () => {
    const world = openWorld({ assets: { a: { condition: build.assetMatches("b", build.newlyUpdated()) }, b: { deps: ["a"] } } });
    world.requestedAt(minute(0));
    world.report("b", minute(1));
    expect(world.requestedAt(minute(2))).toEqual({ a: ONCE });
  });

  it("map partitions through time windows", () => {
    const daily = { type: "time", cadence: "daily", start: "2025-06-01" } as const;
    const hourly = { type: "time", cadence: "hourly", start: "2025-06-01-00:00" } as const;
    const world = openWorld({
      assets: { h: { partitions: hourly }, d: { partitions: daily, deps: ["h"], condition: build.anyDepsMatch(build.newlyUpdated()) } },
    });
    world.requestedAt(minute(0));
    world.report("h", minute(1), { key: "2025-06-02-05:00" });
    world.report("h", minute(1), { key: "2025-06-01-23:00" });
    expect(world.requestedAt(minute(2))).toEqual({ d: ["2025-06-01", "2025-06-02"] });
  });

  it("take over the conditions of everything downstream", () => {
    const world = openWorld({
      assets: {
        a: { condition: build.anyDownstreamConditions() },
        b: { deps: ["a"], condition: build.or(build.cronTickPassed("0 5 * * *"), build.anyDownstreamConditions()) },
        c: { deps: ["b"], condition: build.cronTickPassed("0 6 * * *") },
      },
    });
    world.requestedAt(hour(0));
    expect(world.requestedAt(hour(1))).toEqual({ a: ONCE, b: ONCE });
    expect(world.requestedAt(hour(2))).toEqual({ a: ONCE, b: ONCE, c: ONCE });
  });

  it("a request in another code location is no update to come", () => {
    const condition = build.anyDepsMatch(build.willBeRequested());
    const world = openWorld({ assets: { a: { condition: build.missing() }, b: { deps: ["a"], condition, location: "other" } } });
    expect(world.requestedAt(minute(0))).toEqual({ a: ONCE });
    const same = openWorld({ assets: { a: { condition: build.missing() }, b: { deps: ["a"], condition } } });
    expect(same.requestedAt(minute(0))).toEqual({ a: ONCE, b: ONCE });
  });

  it("request what cannot be executed alone together", () => {
    const world = openWorld({ assets: { a: {}, b: { deps: ["a"], condition: build.eager() }, twin: {} }, together: [["b", "twin"]] });
    world.requestedAt(minute(0));
    world.report("a", minute(1));
    expect(world.requestedAt(minute(2))).toEqual({ b: ONCE, twin: ONCE });
  });
});

describe("operands over runs", () => {
  const run = (tags: Record<string, string>, ...targets: string[]) => ({ tags, executes: (target: string) => targets.includes(target) });

  it("ask for the tags of the runs of new updates", () => {
    const world = openWorld({
      assets: {
        a: {},
        any: { deps: ["a"], condition: build.anyDepsMatch(build.anyNewUpdateHasRunTags({ keys: ["nightly"] })) },
        all: { deps: ["a"], condition: build.anyDepsMatch(build.allNewUpdatesHaveRunTags({ values: { nightly: "yes" } })) },
        last: { deps: ["a"], condition: build.anyDepsMatch(build.executedWithTags({ keys: ["nightly"] })) },
      },
    });
    world.requestedAt(minute(0));
    world.report("a", minute(1), { run: run({ nightly: "yes" }) });
    expect(world.requestedAt(minute(2))).toEqual({ any: ONCE, all: ONCE, last: ONCE });
    world.report("a", minute(3), { run: run({ nightly: "yes" }) });
    world.report("a", minute(4), { run: run({ constructor: "x" }) });
    expect(world.requestedAt(minute(5))).toEqual({ any: ONCE });
  });

  it("leave out updates by a run that executes the target as well", () => {
    const world = chain(build.anyDepsUpdated());
    world.requestedAt(minute(0));
    world.report("a", minute(1), { run: run({}, "a", "b") });
    expect(world.requestedAt(minute(2))).toEqual({});
    world.report("a", minute(3), { run: run({}, "a") });
    expect(world.requestedAt(minute(4))).toEqual({ b: ONCE });
  });
});

describe("an evaluation", () => {
  it("an evaluation reads as a tree", () => {
    const world = chain(build.eager());
    world.requestedAt(minute(0));
    world.report("a", minute(1));
    const { results } = world.tick(minute(2));
    const [first] = results;
    if (!first) throw new Error("b was not evaluated");
    expect(evaluationLines(evaluationTree(unwrap(first.outcome).evaluated, world.factsAt(minute(2)))).slice(0, 11)).toEqual([
      "+ eager (and)",
      "  + in_latest_time_window",
      "  + since",
      "    + or",
      "      - newly_missing (newly_true)",
      "        + missing",
      "      + any_deps_updated (any_deps_match)",
      "        + a",
      "          + or",
      "            + newly_updated_without_root (and)",
      "              + newly_updated",
    ]);
  });

  it("costs what changed, not how many assets there are", () => {
    const assets: Record<string, { deps?: string[]; condition?: ReturnType<typeof build.eager> }> = {};
    const condition = build.eager();
    for (let index = 0; index < 300; index++) assets[`n${index}`] = { deps: index === 0 ? [] : [`n${index >> 1}x`], condition };
    for (let index = 0; index < 150; index++) assets[`n${index}x`] = {};
    const world = openWorld({ assets });
    expect(world.tick(minute(0)).results.length).toBe(300);
    world.tick(minute(1));
    expect(world.tick(minute(2)).results.length).toBe(0);
    world.report("n7x", minute(3));
    expect(world.tick(minute(4)).results.map(({ target }) => target)).toEqual(["n14", "n15"]);
  });

  it("keeps a condition that cannot be evaluated from disturbing the others", () => {
    const utc = { type: "time", cadence: "daily", start: "2025-06-01" } as const;
    const world = openWorld({
      assets: {
        a: { partitions: { ...utc, timezone: "America/New_York" } },
        b: { deps: ["a"], partitions: utc, condition: build.anyDepsMatch(build.missing()) },
        c: { condition: build.missing() },
      },
    });
    const { results } = world.tick(minute(0));
    expect(Object.fromEntries(results.map(({ target, outcome }) => [target, outcome.ok]))).toEqual({ b: false, c: true });
  });
});

describe("changing a condition", () => {
  it("replaces parts by label, name or meaning", () => {
    const daily = replace(build.eager(), "any_deps_updated", build.cronTickPassed("@daily"));
    expect(describeCondition({ ...daily, label: undefined })).toContain("since(newly_true{missing} | cron_tick_passed(@daily, UTC)");
    expect(replace(build.not(build.missing()), build.missing(), build.newlyUpdated())).toEqual(build.not(build.newlyUpdated()));
    expect(replace(build.onMissing(), "missing", build.newlyUpdated())).not.toEqual(build.onMissing());
  });

  it("leaves out an operand", () => {
    const bare = unwrap(without(build.eager(), build.not(build.anyDepsMissing())));
    const world = openWorld({ assets: { a: {}, x: {}, b: { deps: ["a", "x"], condition: bare } } });
    world.requestedAt(minute(0));
    world.report("a", minute(1));
    expect(world.requestedAt(minute(2))).toEqual({ b: ONCE });
    expect(without(build.eager(), "nothing").ok).toBe(false);
    expect(without(build.and(build.missing(), build.newlyUpdated()), build.missing()).ok).toBe(false);
    expect(without(build.missing(), build.missing()).ok).toBe(false);
  });
});
