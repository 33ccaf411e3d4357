/**
 * What has to happen in a run, before it is cut into steps. Nodes are single assets of units that may be subset, whole units that may
 * not, and check units; edges are the orders between them that the lineage and the blocking checks demand.
 */
import type { AssetGraph } from "../asset-graph.ts";
import { checkId } from "../asset-check.ts";
import type { PlanInput } from "./plan-input.ts";
import type { PlanCheck, PlanUnit } from "./plan-types.ts";

export interface PlanNode {
  readonly unit: PlanUnit;
  readonly assets: readonly string[];
  readonly checks: string[];
  readonly partitioned: boolean;
  /** Nodes that come before it. */
  readonly before: Set<number>;
}

export interface PlanNodes {
  readonly list: PlanNode[];
}

export function unitId(location: string, unit: string): string {
  return JSON.stringify([location, unit]);
}

export function buildPlanNodes(input: PlanInput): PlanNodes {
  const builder = new Map<string, PlanUnit>(input.units.map((unit) => [unitId(unit.location, unit.id), unit]));
  const wanted = chooseChecks(input);
  const chosen = chooseAssets(input, builder, wanted);
  const list: PlanNode[] = [];
  const ofAsset = new Map<string, number>();
  const ofWholeUnit = new Map<PlanUnit, number>();

  for (const key of chosen) {
    const unit = unitOfAsset(input.graph, builder, key);
    if (!unit) continue;
    const whole = unit.subset ? undefined : ofWholeUnit.get(unit);
    if (whole !== undefined) {
      ofAsset.set(key, whole);
      continue;
    }
    const assets = unit.subset ? [key] : unit.assets;
    const node = list.push({ unit, assets, checks: [], partitioned: isPartitioned(input.graph, assets), before: new Set() }) - 1;
    ofAsset.set(key, node);
    if (!unit.subset) ofWholeUnit.set(unit, node);
  }

  addLineage(input.graph, ofAsset, list);
  addChecks({ input, units: builder, wanted, list, ofAsset });
  return { list };
}

function unitOfAsset(graph: AssetGraph, units: ReadonlyMap<string, PlanUnit>, key: string): PlanUnit | undefined {
  const asset = graph.assets[graph.indexOf(key)];
  return asset && asset.unit !== null ? units.get(unitId(asset.location, asset.unit)) : undefined;
}

function isPartitioned(graph: AssetGraph, keys: readonly string[]): boolean {
  return keys.some((key) => graph.assets[graph.indexOf(key)]?.partitions !== undefined);
}

function chooseChecks(input: PlanInput): PlanCheck[] {
  if (input.selectedChecks) {
    const ids = new Set(input.selectedChecks);
    return input.checks.filter((check) => ids.has(checkId(check)));
  }
  const skipped = new Set(input.skipAssets);
  const assets = new Set([...input.selectedAssets].filter((key) => !skipped.has(key)));
  return input.checks.filter((check) => assets.has(check.asset));
}

/** The selected assets in graph order, with whole units where one asset of an indivisible unit or a check inside it is wanted. */
function chooseAssets(input: PlanInput, units: ReadonlyMap<string, PlanUnit>, wanted: readonly PlanCheck[]): string[] {
  const { graph } = input;
  const skipped = new Set(input.skipAssets);
  const chosen = new Set<number>();
  const whole = new Set<PlanUnit>();
  const addUnit = (unit: PlanUnit) => {
    if (whole.has(unit)) return;
    whole.add(unit);
    for (const key of unit.assets) chosen.add(graph.indexOf(key));
  };
  for (const key of input.selectedAssets) {
    if (skipped.has(key)) continue;
    const unit = unitOfAsset(graph, units, key);
    if (!unit) continue;
    if (unit.subset) chosen.add(graph.indexOf(key));
    else addUnit(unit);
  }
  for (const check of wanted) {
    const unit = units.get(unitId(check.location, check.unit));
    if (unit && unit.kind !== "check" && !unit.subset) addUnit(unit);
  }
  return [...chosen]
    .filter((node) => node >= 0)
    .sort((a, b) => a - b)
    .map((node) => graph.keys[node] ?? "");
}

function addLineage(graph: AssetGraph, ofAsset: ReadonlyMap<string, number>, list: readonly PlanNode[]): void {
  for (const [key, node] of ofAsset) {
    for (const upstream of graph.upstreamOf(graph.indexOf(key))) addBefore({ list, ofAsset, upstream: graph.keys[upstream] ?? "", node });
  }
}

function addBefore(edge: { list: readonly PlanNode[]; ofAsset: ReadonlyMap<string, number>; upstream: string; node: number }): void {
  const before = edge.ofAsset.get(edge.upstream);
  if (before !== undefined && before !== edge.node) edge.list[edge.node]?.before.add(before);
}

interface CheckContext {
  readonly input: PlanInput;
  readonly units: ReadonlyMap<string, PlanUnit>;
  readonly wanted: readonly PlanCheck[];
  readonly list: PlanNode[];
  readonly ofAsset: ReadonlyMap<string, number>;
}

function addChecks(context: CheckContext): void {
  const ofUnit = new Map<PlanUnit, number>();
  const checkOnly = new Map<string, number>();
  for (const check of context.wanted) {
    const unit = context.units.get(unitId(check.location, check.unit));
    if (!unit) continue;
    if (unit.kind === "check") addOwnStep(context, { check, unit, ofUnit });
    else addInside(context, { check, unit, checkOnly });
  }
}

/** A check that its asset's own unit evaluates. Without the asset in the run, a unit that may be subset evaluates the check alone. */
function addInside(context: CheckContext, item: { check: PlanCheck; unit: PlanUnit; checkOnly: Map<string, number> }): void {
  const { check, unit, checkOnly } = item;
  let node = context.ofAsset.get(check.asset) ?? checkOnly.get(check.asset);
  if (node === undefined || context.list[node]?.unit !== unit) {
    const partitioned = isPartitioned(context.input.graph, [check.asset]);
    node = context.list.push({ unit, assets: [], checks: [], partitioned, before: new Set() }) - 1;
    checkOnly.set(check.asset, node);
  }
  context.list[node]?.checks.push(checkId(check));
}

function addOwnStep(context: CheckContext, item: { check: PlanCheck; unit: PlanUnit; ofUnit: Map<PlanUnit, number> }): void {
  const { check, unit, ofUnit } = item;
  const { input, list, ofAsset } = context;
  let node = ofUnit.get(unit);
  if (node === undefined) {
    node = list.push({ unit, assets: [], checks: [], partitioned: isPartitioned(input.graph, [check.asset]), before: new Set() }) - 1;
    ofUnit.set(unit, node);
  }
  list[node]?.checks.push(checkId(check));
  for (const upstream of [check.asset, ...(unit.deps ?? [])]) addBefore({ list, ofAsset, upstream, node });
  if (!check.blocking) return;
  const checked = ofAsset.get(check.asset);
  for (const downstream of input.graph.downstreamOf(input.graph.indexOf(check.asset))) {
    const held = ofAsset.get(input.graph.keys[downstream] ?? "");
    // Inside one indivisible unit nothing can wait between two of its assets.
    if (held !== undefined && held !== checked) list[held]?.before.add(node);
  }
}
