/** A deployment whose time passes only when a test says so, and the usual first calls of tests of conditions. */
import { afterEach, beforeEach } from "vitest";
import type { InputOf } from "@headgate/shared/contract/table.ts";
import type { ConditionEvaluation, ConditionView } from "@headgate/shared/contract/automations/conditions.ts";
import type { RunSummary } from "@headgate/shared/contract/runs/run-views.ts";
import type { Condition } from "@headgate/shared/domain/automation/condition.ts";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import type { Manifest } from "@headgate/shared/manifest/schema.ts";
import { clock } from "../../src/deployment/kernel/clock.ts";
import { type DeploymentObject, person, rows } from "./deployment.ts";
import { assetsOf, manifest } from "./manifests.ts";

/** In the real future, so that no real alarm fires; three days before Europe changes its clocks. */
export const START = Date.UTC(2030, 2, 28, 12);
let time = START;

export function useOwnTime(): void {
  beforeEach(() => {
    time = START;
    clock.now = () => time;
  });
  afterEach(() => {
    clock.now = () => Date.now();
  });
}

export function setTime(at: number): void {
  time = at;
}

export function timeNow(): number {
  return time;
}

/** Lets time pass and fires every due alarm at its time. */
export async function pass(stub: DeploymentObject, ms: number): Promise<void> {
  const until = time + ms;
  let last = "";
  for (;;) {
    const timers = await rows(stub, "SELECT kind, id, at FROM timer ORDER BY at");
    const at = timers[0]?.["at"];
    // A deployment whose statements fail makes no progress.
    const where = `${time} ${JSON.stringify(timers)}`;
    if (typeof at !== "number" || at > until || where === last) break;
    last = where;
    time = Math.max(time, at);
    await stub.sweep();
  }
  time = until;
}

type Report = InputOf<"assets.report">;

export async function report(stub: DeploymentObject, asset: string, extra: Partial<Report> = {}): Promise<number> {
  return unwrap(await stub.perform("assets.report", { type: "materialized", asset, metadata: {}, ...extra }, person)).seq;
}

/** Newest first. */
export async function runsOf(stub: DeploymentObject): Promise<readonly RunSummary[]> {
  return unwrap(await stub.ask("runs.list", { filter: {}, limit: 100 })).items;
}

export async function evaluationsOf(stub: DeploymentObject, target?: string): Promise<readonly ConditionEvaluation[]> {
  return unwrap(await stub.ask("conditions.evaluations", { target, requestedOnly: false, limit: 100 })).items;
}

export async function conditionOf(stub: DeploymentObject, target: string): Promise<ConditionView> {
  return unwrap(await stub.ask("conditions.get", { target }));
}

export interface Conditioned {
  readonly deps?: readonly string[];
  readonly automation?: Condition;
}

/** Assets with one unit each; further properties are added to the definition. */
export function conditioned(assets: Readonly<Record<string, Conditioned & Record<string, unknown>>>, parts: object = {}): Manifest {
  const graph = assetsOf(Object.fromEntries(Object.entries(assets).map(([key, { deps = [] }]) => [key, deps])));
  return manifest({
    ...graph,
    assets: (graph.assets ?? []).map((asset) => {
      const { deps: _, ...extra } = assets[asset.key] ?? {};
      return { ...asset, ...extra };
    }),
    ...parts,
  });
}
