/** Definitions in short form for tests of plans, and plans in short form. */
import { buildAssetGraph } from "../asset-graph.ts";
import { makePlan } from "./plan.ts";
import type { PlanInput } from "./plan-input.ts";
import type { GraphAsset, Plan, PlanUnit } from "./plan-types.ts";

export type Spec = Readonly<Record<string, { unit?: string | null; deps?: readonly string[]; daily?: boolean }>>;

export function assetsOf(spec: Spec): GraphAsset[] {
  return Object.entries(spec).map(([key, { unit, deps = [], daily }]) => ({
    key,
    unit: unit === undefined ? key : unit,
    location: "main",
    group: "default",
    kinds: [],
    owners: [],
    tags: {},
    deps: deps.map((dep) => ({ key: dep })),
    ...(daily && { partitions: { type: "time", cadence: "daily", start: "2025-01-01" } as const }),
  }));
}

function unitsOf(assets: readonly GraphAsset[], overrides: Readonly<Record<string, Partial<PlanUnit>>> = {}): PlanUnit[] {
  const byUnit = Map.groupBy(assets, (asset) => asset.unit);
  const ids = [...new Set([...byUnit.keys(), ...Object.keys(overrides)])].filter((id) => id !== null);
  return ids.map((id) => {
    const members = (byUnit.get(id) ?? []).map((asset) => asset.key);
    return {
      id,
      location: "main",
      kind: members.length > 1 ? "multi" : "asset",
      assets: members,
      checks: [],
      subset: false,
      ...overrides[id],
    };
  });
}

export function plan(spec: Spec, input: Partial<PlanInput> & { unitOverrides?: Readonly<Record<string, Partial<PlanUnit>>> } = {}) {
  const assets = assetsOf(spec);
  const { unitOverrides, ...rest } = input;
  return makePlan({
    graph: buildAssetGraph(assets),
    units: unitsOf(assets, unitOverrides),
    checks: [],
    selectedAssets: assets.map((asset) => asset.key),
    partition: null,
    ...rest,
  });
}

export function shape(value: Plan): string[] {
  return value.steps.map(
    (step) => `${step.key}{${step.assets.join(",")}}${step.checks.length > 0 ? `?${step.checks.join(",")}` : ""}<-${step.deps.join(",")}`,
  );
}

export const dbt = { kind: "dbt", subset: true } as const;
