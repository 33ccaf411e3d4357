/**
 * Cuts the nodes of a run into steps. A unit that may be subset (a dbt project) becomes as few steps as the order allows: whole
 * units run as soon as they can, so that each slice is as large as possible, and of the divisible units the one that can be finished
 * goes first. Every node and edge is looked at once.
 */
import { ok, refuse, type Result } from "../errors.ts";
import type { PlanNode, PlanNodes } from "./plan-nodes.ts";
import type { PlanStep } from "./plan-types.ts";

/** A circle of more is not read by anybody. */
const MAX_SHOWN = 20;

/** The nodes of one unit that may share a step. Partitioned and unpartitioned assets never share one when a partition is given. */
interface Group {
  readonly unit: PlanNode["unit"];
  ready: number[];
  /** Edges into this group from nodes of other groups that have not run yet; 0 means that everything left can run at once. */
  waitingFor: number;
}

export function sliceSteps({ list }: PlanNodes, partition: string | null): Result<PlanStep[]> {
  const groups = groupNodes(list, partition);
  const after: number[][] = list.map(() => []);
  const missing = new Int32Array(list.length);
  for (const [index, node] of list.entries()) {
    missing[index] = node.before.size;
    const group = groups.of[index];
    for (const before of node.before) {
      after[before]?.push(index);
      if (group && groups.of[before] !== group) group.waitingFor++;
    }
  }

  const stepOf = new Int32Array(list.length).fill(-1);
  const slices: number[][] = [];
  const wholeReady: number[] = [];
  const divisible = groups.all.filter((group) => group.unit.subset);
  const makeReady = (index: number) => {
    const group = groups.of[index];
    if (group?.unit.subset) group.ready.push(index);
    else wholeReady.push(index);
  };
  const finish = (index: number) => {
    stepOf[index] = slices.length;
    for (const next of after[index] ?? []) {
      const group = groups.of[next];
      if (group && group !== groups.of[index]) group.waitingFor--;
      const left = (missing[next] ?? 0) - 1;
      missing[next] = left;
      if (left === 0) makeReady(next);
    }
  };
  for (const index of list.keys()) if (missing[index] === 0) makeReady(index);

  let nextWhole = 0;
  for (;;) {
    const whole = wholeReady[nextWhole];
    if (whole !== undefined) {
      nextWhole++;
      finish(whole);
      slices.push([whole]);
      continue;
    }
    const ready = divisible.filter((group) => group.ready.length > 0);
    const group = ready.find((candidate) => candidate.waitingFor === 0) ?? ready[0];
    if (!group) break;
    const slice: number[] = [];
    for (let index = group.ready.pop(); index !== undefined; index = group.ready.pop()) {
      slice.push(index);
      finish(index);
    }
    slices.push(slice.sort((a, b) => a - b));
  }
  if (stepOf.includes(-1)) return refuseCircle(list, stepOf);
  return ok(writeSteps({ list, slices, stepOf, partition }));
}

function groupNodes(list: readonly PlanNode[], partition: string | null) {
  const byKey = new Map<string, Group>();
  const of: Group[] = [];
  for (const [index, node] of list.entries()) {
    const { unit } = node;
    const key = unit.subset ? JSON.stringify([unit.location, unit.id, partition !== null && node.partitioned]) : `#${index}`;
    const group = byKey.get(key) ?? { unit, ready: [], waitingFor: 0 };
    byKey.set(key, group);
    of.push(group);
  }
  return { all: [...byKey.values()], of };
}

function writeSteps(input: {
  list: readonly PlanNode[];
  slices: readonly number[][];
  stepOf: Int32Array;
  partition: string | null;
}): PlanStep[] {
  const used = new Set<string>();
  const steps: PlanStep[] = [];
  for (const [position, slice] of input.slices.entries()) {
    const nodes = slice.map((index) => input.list[index]).filter((node) => node !== undefined);
    const [first] = nodes;
    if (!first) continue;
    const { unit } = first;
    const assets = nodes.flatMap((node) => node.assets);
    const partition = nodes.some((node) => node.partitioned) ? input.partition : null;
    const before = new Set<number>();
    for (const node of nodes) for (const index of node.before) before.add(input.stepOf[index] ?? -1);
    before.delete(position);
    steps.push({
      key: uniqueKey(unit.kind === "asset" && assets.length === 1 ? (assets[0] ?? unit.id) : unit.id, partition, used),
      location: unit.location,
      unit: unit.id,
      kind: unit.kind,
      assets,
      checks: nodes.flatMap((node) => node.checks),
      partition,
      deps: [...before].sort((a, b) => a - b).map((index) => steps[index]?.key ?? ""),
      retry: unit.retry ?? { maxRetries: 0 },
      timeoutSeconds: unit.timeoutSeconds ?? null,
      idleTimeoutSeconds: unit.idleTimeoutSeconds ?? null,
      pool: unit.pool ?? null,
    });
  }
  return steps;
}

function uniqueKey(name: string, partition: string | null, used: Set<string>): string {
  const suffix = partition === null ? "" : `[${partition}]`;
  let key = `${name}${suffix}`;
  for (let count = 2; used.has(key); count++) key = `${name}#${count}${suffix}`;
  used.add(key);
  return key;
}

/** Walks backwards over nodes that never became ready until one repeats: that is a circle. */
function refuseCircle(list: readonly PlanNode[], stepOf: Int32Array): Result<never> {
  const path = new Set<number>();
  let index = stepOf.indexOf(-1);
  while (!path.has(index)) {
    path.add(index);
    index = [...(list[index]?.before ?? [])].find((before) => stepOf[before] === -1) ?? index;
  }
  const walked = [...path];
  const names = [...walked.slice(walked.indexOf(index)), index].reverse().map((entry) => nodeName(list[entry]));
  const shown = names.length > MAX_SHOWN ? [...names.slice(0, MAX_SHOWN - 2), "…", ...names.slice(-1)] : names;
  return refuse(
    "invalid_input",
    `These wait for each other and can never run: ${shown.join(" -> ")}. Remove one dependency, make the unit subsettable or the check non-blocking.`,
    { cycle: shown },
  );
}

function nodeName(node: PlanNode | undefined): string {
  return node?.assets.length === 1 ? (node.assets[0] ?? "") : (node?.unit.id ?? "");
}
