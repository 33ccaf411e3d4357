import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildAssetGraph } from "../src/domain/asset-graph.ts";
import * as build from "../src/domain/automation/build.ts";
import type { Condition } from "../src/domain/automation/condition.ts";
import { openWorld, type WorldAsset } from "../src/domain/automation/world.test-support.ts";
import type { PartitionsDefinition, TimeWindowPartitions } from "../src/domain/partitions/definition.ts";
import { openPartitions } from "../src/domain/partitions/partition-set.ts";
import { difference, intersection, subsetOf, union } from "../src/domain/partitions/subset.ts";
import { propertyRuns } from "../src/domain/property-runs.test-support.ts";
import { backfillProgress, nextBackfillRuns, planBackfill, type BackfillRunState } from "../src/domain/run/backfill.ts";
import { unwrap } from "../src/domain/errors.ts";

const start = Date.UTC(2025, 0, 1);
const MINUTE = 60_000;
const DAY = 86_400_000;

describe("subsets", () => {
  const subset = fc.array(fc.nat(60), { maxLength: 30 }).map(subsetOf);

  it("obey the laws of sets", () => {
    fc.assert(
      fc.property(subset, subset, subset, (a, b, c) => {
        expect(union(a, intersection(a, b))).toEqual(a);
        expect(intersection(a, union(b, c))).toEqual(union(intersection(a, b), intersection(a, c)));
        expect(difference(a, union(b, c))).toEqual(intersection(difference(a, b), difference(a, c)));
        expect(union(difference(a, b), intersection(a, b))).toEqual(a);
        expect(union(union(a, b), c)).toEqual(union(a, union(b, c)));
      }),
      { seed: 81, numRuns: propertyRuns(300) },
    );
  });
});

describe("time windows", () => {
  const definition = fc.record<TimeWindowPartitions>({
    type: fc.constant("time"),
    cadence: fc.constantFrom("hourly", "daily", "weekly", "monthly"),
    start: fc.constantFrom("2023-03-01", "2023-10-20", "2024-02-28"),
    timezone: fc.constantFrom("UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Kathmandu"),
    minuteOffset: fc.constantFrom(0, 0, 15, 45),
    format: fc.constant("%Y-%m-%d-%H:%M"),
  });

  it("tile time without gap or overlap, and keys and numbers are inverse", () => {
    fc.assert(
      fc.property(definition, fc.nat(500), fc.nat(400 * 24), (drawn, days, from) => {
        const now = Date.UTC(2024, 2, 5) + days * DAY;
        const set = unwrap(openPartitions(drawn, { now }));
        expect(unwrap(openPartitions(drawn, { now: now + DAY })).count).toBeGreaterThanOrEqual(set.count);
        for (let number = Math.min(from, Math.max(0, set.count - 1)), left = 40; left > 0 && number < set.count; number++, left--) {
          const key = set.keyAt(number) ?? "";
          expect(set.numberOf(key)).toBe(number);
          const window = set.time?.windowAt(number);
          expect(window?.end).toBe(set.time?.windowAt(number + 1)?.start);
          expect(set.time?.indexAt(window?.start ?? NaN)).toBe(number);
          expect(set.time?.indexAt((window?.end ?? NaN) - 1)).toBe(number);
          expect(window?.end).toBeLessThanOrEqual(now);
        }
      }),
      { seed: 82, numRuns: propertyRuns(60) },
    );
  });
});

const condition: fc.Arbitrary<Condition> = fc.letrec<{ node: Condition }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3, depthIdentifier: "condition" },
    fc
      .constantFrom(
        build.eager,
        build.onMissing,
        build.missing,
        build.newlyUpdated,
        build.newlyRequested,
        build.newlyMissing,
        build.anyDepsUpdated,
        build.anyDepsMissing,
        build.inProgress,
        build.initialEvaluation,
        build.anyDepsInProgress,
        () => build.inLatestTimeWindow(),
        () => build.onCron("*/20 * * * *"),
        () => build.cronTickPassed("0 */2 * * *"),
      )
      .map((make) => make()),
    fc.tuple(tie("node"), tie("node")).map(([a, b]) => build.and(a, b)),
    fc.tuple(tie("node"), tie("node")).map(([a, b]) => build.or(a, b)),
    fc.tuple(tie("node"), tie("node")).map(([a, b]) => build.since(a, b)),
    tie("node").map(build.not),
    tie("node").map(build.newlyTrue),
    tie("node").map(build.anyDepsMatch),
    tie("node").map(build.allDepsMatch),
  ),
})).node;

type Happening = { readonly minutes: number; readonly report: number | null; readonly running: boolean | null; readonly day: number };
const happenings = fc.array(
  fc.record<Happening>({
    minutes: fc.constantFrom(0, 1, 10, 60, 1440),
    report: fc.option(fc.nat(4)),
    running: fc.option(fc.boolean()),
    day: fc.nat(2),
  }),
  { minLength: 1, maxLength: 14 },
);
const drawnAssets = fc.array(fc.record({ deps: fc.uniqueArray(fc.nat(4), { maxLength: 3 }), condition: fc.option(condition) }), {
  minLength: 2,
  maxLength: 5,
});
const DAILY: PartitionsDefinition = { type: "time", cadence: "daily", start: "2024-12-30" };

function worldOf(drawn: readonly { readonly deps: readonly number[]; readonly condition: Condition | null }[], isDaily: boolean) {
  const entries = drawn.map((asset, index): [string, WorldAsset] => {
    const deps = asset.deps.filter((dep) => dep < index).map((dep) => `n${dep}`);
    return [`n${index}`, { deps, ...(asset.condition && { condition: asset.condition }), ...(isDaily && { partitions: DAILY }) }];
  });
  return Object.fromEntries(entries);
}

function play(world: ReturnType<typeof openWorld>, list: readonly Happening[], isDaily: boolean) {
  let now = start;
  let evaluated = 0;
  const requests = list.map(({ minutes, report, running, day }) => {
    now += minutes * MINUTE;
    const target = `n${report ?? 0}`;
    if (report !== null) world.report(target, now, isDaily ? { key: `2024-12-${30 + Math.min(day, 1)}` } : {});
    if (running !== null && !isDaily) world.setRunning(target, running);
    const states = world.states;
    const requested = world.requestedAt(now);
    for (const [name, state] of world.states) if (states.get(name) !== state) evaluated++;
    return requested;
  });
  return { requests, evaluated };
}

describe.each(["dagster", "event_order"] as const)("automation in mode %s", (mode) => {
  it("evaluated only where something changed requests the same as evaluated in full", () => {
    fc.assert(
      fc.property(drawnAssets, happenings, fc.boolean(), (drawn, list, isDaily) => {
        const assets = worldOf(drawn, isDaily);
        const full = play(openWorld({ assets, mode, incremental: false }), list, isDaily);
        const part = play(openWorld({ assets, mode, incremental: true }), list, isDaily);
        // In event order a part that is simply true is true at each evaluation, so only Dagster's way is defined tick by tick.
        if (mode === "dagster") expect(part.requests).toEqual(full.requests);
        expect(part.evaluated).toBeLessThanOrEqual(full.evaluated);
      }),
      { seed: 83, numRuns: propertyRuns(150) },
    );
  });

  it("evaluations do not depend on the order of the definitions", () => {
    fc.assert(
      fc.property(drawnAssets, happenings, fc.boolean(), (drawn, list, isDaily) => {
        const assets = worldOf(drawn, isDaily);
        const reversed = Object.fromEntries(Object.entries(assets).toReversed());
        const one = play(openWorld({ assets, mode }), list, isDaily);
        expect(play(openWorld({ assets, mode }), list, isDaily)).toEqual(one);
        expect(play(openWorld({ assets: reversed, mode }), list, isDaily)).toEqual(one);
      }),
      { seed: 84, numRuns: propertyRuns(100) },
    );
  });
});

describe("eager in event order", () => {
  it("every child has read its parents' last version in the end", () => {
    const step = fc.record({ kind: fc.constantFrom("update", "start", "finish", "tick"), asset: fc.nat(3) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const eager = build.eager();
        const assets = {
          n0: {},
          n1: { deps: ["n0"], condition: eager },
          n2: { deps: ["n0"], condition: eager },
          n3: { deps: ["n1", "n2"], condition: eager },
        };
        const world = openWorld({ assets });
        let now = start;
        const queued = new Set<string>();
        const startedAt = new Map<string, number>();
        const updatedAt = new Map<string, number>();
        const readAt = new Map<string, number>();
        const request = () => {
          for (const name of Object.keys(world.requestedAt(++now))) queued.add(name);
          for (const name of queued) world.setRunning(name, true);
        };
        const begin = (name: string) => {
          if (queued.delete(name)) startedAt.set(name, ++now);
        };
        const finish = (name: string) => {
          const began = startedAt.get(name);
          if (began === undefined) return;
          startedAt.delete(name);
          world.setRunning(name, queued.has(name));
          world.report(name, ++now, { startedAt: began });
          updatedAt.set(name, now);
          readAt.set(name, began);
        };
        const update = () => {
          world.report("n0", ++now);
          updatedAt.set("n0", now);
        };
        request();
        for (const name of ["n1", "n2", "n3"]) world.report(name, ++now);
        update();
        for (const { kind, asset } of steps) {
          if (kind === "update") update();
          else if (kind === "tick") request();
          else if (kind === "start") begin(`n${asset}`);
          else finish(`n${asset}`);
        }
        for (let round = 0; round < 30; round++) {
          request();
          for (const name of ["n1", "n2", "n3"]) {
            begin(name);
            finish(name);
          }
        }
        for (const [name, { deps }] of Object.entries({ n1: assets.n1, n2: assets.n2, n3: assets.n3 })) {
          for (const dep of deps) expect(readAt.get(name) ?? 0, `${name} has read ${dep}`).toBeGreaterThan(updatedAt.get(dep) ?? 0);
        }
        expect([queued.size, startedAt.size]).toEqual([0, 0]);
      }),
      { seed: 85, numRuns: propertyRuns(200) },
    );
  });
});

describe("backfills", () => {
  const kind = fc.constantFrom<PartitionsDefinition | null>(null, DAILY, { type: "time", cadence: "hourly", start: "2024-12-30-00:00" });
  const nodes = fc.array(fc.record({ deps: fc.uniqueArray(fc.nat(5), { maxLength: 3 }), kind }), { minLength: 1, maxLength: 6 });

  it("cover every partition once, run in order and end", () => {
    fc.assert(
      fc.property(nodes, fc.constantFrom(1, 5, Infinity), fc.infiniteStream(fc.nat(9)), (drawn, partitionsPerRun, choices) => {
        const graph = buildAssetGraph(
          drawn.map((node, index) => {
            const key = `n${index}`;
            const common = { key, unit: key, location: "main", group: "default", kinds: [], owners: [], tags: {} };
            const deps = node.deps.filter((dep) => dep < index).map((dep) => ({ key: `n${dep}` }));
            return { ...common, deps, partitions: node.kind ?? undefined };
          }),
        );
        const open = (key: string) => {
          const definition = graph.assets[graph.indexOf(key)]?.partitions;
          return definition ? unwrap(openPartitions(definition, { now: start })) : null;
        };
        const runs = unwrap(
          planBackfill({ graph, assets: graph.keys, partitionsOf: open, wanted: (key) => [0, open(key)?.count ?? 1], partitionsPerRun }),
        );
        expect(new Set(runs.map(({ id }) => id)).size).toBe(runs.length);
        const counts = new Map<string, number>();
        for (const { assets, partition } of runs) {
          for (const asset of assets) {
            const [first = "", last = first] = (partition ?? "").split("...");
            const set = open(asset);
            counts.set(asset, (counts.get(asset) ?? 0) + (set ? set.numberOf(last) - set.numberOf(first) + 1 : 1));
          }
        }
        for (const key of graph.keys) expect(counts.get(key)).toBe(open(key)?.count ?? 1);
        const states = new Map<string, BackfillRunState>();
        const stateOf = (id: string) => states.get(id) ?? "waiting";
        let next = nextBackfillRuns(runs, stateOf, 7);
        for (; next.length > 0; next = nextBackfillRuns(runs, stateOf, 7)) {
          expect(next.length).toBeLessThanOrEqual(7);
          for (const { id } of next) states.set(id, choices.next().value === 0 ? "failed" : "succeeded");
        }
        expect(backfillProgress(runs, stateOf).done).toBe(true);
      }),
      { seed: 86, numRuns: propertyRuns(60) },
    );
  });
});
