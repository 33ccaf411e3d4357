import { describe, expect, it } from "vitest";
import { buildAssetGraph } from "../asset-graph.ts";
import { unwrap } from "../errors.ts";
import { openPartitions } from "../partitions/partition-set.ts";
import type { GraphAsset } from "../run/plan-types.ts";
import * as build from "./build.ts";
import { evaluateTick } from "./evaluate.ts";
import { QUIET_FACTS, type UpdateFact } from "./facts.ts";
import { prepareAutomation } from "./program.ts";

describe("conditions that ask for much", { timeout: 120_000 }, () => {
  const node = (index: number, deps: readonly number[]): GraphAsset => {
    const common = { key: `n${index}`, unit: `n${index}`, location: "main", group: "default", kinds: [], owners: [], tags: {} };
    return { ...common, deps: deps.map((dep) => ({ key: `n${dep}` })) };
  };

  it("a chain of a hundred and thirty thousand assets is evaluated", () => {
    const graph = buildAssetGraph(Array.from({ length: 130_000 }, (_, index) => node(index, index === 0 ? [] : [index - 1])));
    const condition = build.missing();
    const program = unwrap(prepareAutomation({ graph, conditions: new Map(graph.keys.map((key) => [key, condition])) }));
    const tick = { program, facts: QUIET_FACTS, mode: "event_order", now: 1000, sequence: 0, states: new Map() } as const;
    expect(evaluateTick(tick).requested.size).toBe(130_000);
  });

  it("too many neighbours of neighbours are refused", () => {
    const below = (index: number) => (index < 2 ? [] : [index - 2 - (index % 2), index - 1 - (index % 2)]);
    const diamonds = buildAssetGraph(Array.from({ length: 60 }, (_, index) => node(index, below(index))));
    let nested = build.missing();
    for (let depth = 0; depth < 25; depth++) nested = build.anyDepsMatch(nested);
    const deep = prepareAutomation({ graph: diamonds, conditions: new Map([["n59", nested]]) });
    expect(deep).toMatchObject({ ok: false, error: { code: "too_large", details: { target: "n59" } } });
    const chain = buildAssetGraph(Array.from({ length: 30 }, (_, index) => node(index, index === 0 ? [] : [index - 1])));
    const inner = (minute: number) => build.and(build.not(build.anyDownstreamConditions()), build.cronTickPassed(`${minute} * * * *`));
    const round = prepareAutomation({ graph: chain, conditions: new Map(chain.keys.map((key, index) => [key, inner(index)])) });
    expect(round).toMatchObject({ ok: false, error: { code: "too_large" } });
  });

  it("see forty thousand partitions updated in any order", () => {
    const count = 40_000;
    const partitions = { type: "time", cadence: "cron", cron: "* * * * *", start: "2025-01-01", format: "%Y-%m-%d-%H:%M" } as const;
    const set = unwrap(openPartitions(partitions, { now: Date.UTC(2025, 2, 1) }));
    const graph = buildAssetGraph([node(0, []), node(1, [0])].map((asset) => ({ ...asset, partitions })));
    const condition = build.since(build.anyDepsUpdated(), build.newlyUpdated());
    const program = unwrap(prepareAutomation({ graph, conditions: new Map([["n1", condition]]) }));
    const updates = Array.from({ length: count }, (_, index): UpdateFact => {
      const number = (index * 7919) % count;
      return { moment: { at: index, sequence: index + 1 }, partitions: [number, number + 1], run: null, changedData: true };
    });
    const facts = {
      ...QUIET_FACTS,
      partitions: () => set,
      updates: (target: string, after: number) => (after > 0 || target === "n1" ? [] : updates),
    };
    const first = evaluateTick({ program, facts, mode: "event_order", now: 1, sequence: 0, states: new Map() });
    const states = new Map(first.results.map(({ target, outcome }) => [target, unwrap(outcome).state]));
    const { requested } = evaluateTick({ program, facts, mode: "event_order", now: count, sequence: count, states });
    expect([...requested]).toEqual([["n1", [0, count]]]);
  });
});
