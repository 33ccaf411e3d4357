/** Re-executes an ended run: all of it, the failed part, or selected steps. The new run is planned with the active definitions. */
import type { z } from "zod";
import { GIVEN, type reexecuteSchema } from "@headgate/shared/contract/runs/launch.ts";
import type { Actor } from "@headgate/shared/contract/access/actor.ts";
import { reexecutionScope } from "@headgate/shared/domain/run/reexecute.ts";
import type { PlanStep } from "@headgate/shared/domain/run/plan-types.ts";
import { isTerminalRun } from "@headgate/shared/domain/run/status.ts";
import { pick } from "@headgate/shared/domain/pick.ts";
import { ok, refuse, type Result } from "@headgate/shared/domain/errors.ts";
import type { RunRow } from "../tables.ts";
import { passedChecks } from "../../assets/asset-store.ts";
import { readRun } from "../run-store.ts";
import { assetsOfRun } from "../step-asset-store.ts";
import { depsOfRun, stepsOfRun } from "../step-store.ts";
import type { Tx } from "../../kernel/tx.ts";
import { type GivenToRun, launchRun, runOfRequest } from "./create-run.ts";
import { planAssets, type ResolvedLaunch } from "./resolve-target.ts";
import { catalogOf } from "../../catalog/catalog.ts";

export function reexecuteRun(tx: Tx, input: z.output<typeof reexecuteSchema>, actor: Actor): Result<number> {
  const earlier = runOfRequest(tx, input.requestId);
  if (earlier !== null) return ok(earlier);
  const parent = readRun(tx.db, input.run);
  if (!parent) return refuse("not_found", `There is no run ${input.run} in this deployment.`, { run: input.run });
  if (!isTerminalRun(parent.status))
    return refuse("conflict", `Run ${parent.id} is ${parent.status}. Wait until it has ended, or cancel it first.`);
  const resolved = planAgain(tx, parent, input);
  if (!resolved.ok) return resolved;
  return launchRun(tx, {
    resolved: resolved.value,
    trigger: { type: "reexecution", parent: parent.id, mode: input.mode, by: actor.name },
    given: givenTo(parent),
    parent: parent.id,
    requestId: input.requestId,
  });
}

/** What a run was given, for a run that repeats it. */
export function givenTo(run: RunRow): GivenToRun {
  return { ...pick(run, GIVEN), config: run.config === null ? undefined : (JSON.parse(run.config) as unknown) };
}

type Again = Pick<z.output<typeof reexecuteSchema>, "mode" | "steps">;

/** Plans the part of an ended run that is executed again, with the active definitions. */
export function planAgain(tx: Tx, parent: RunRow, input: Again): Result<ResolvedLaunch> {
  const scope = scopeOf(tx, parent, input);
  if (!scope.ok) return scope;
  const catalog = catalogOf(tx);
  const gone = scope.value.assets.filter((key) => !catalog.graph.isMaterializable(catalog.graph.indexOf(key)));
  if (gone.length > 0) {
    return refuse(
      "conflict",
      `${gone.slice(0, 5).join(", ")} ${gone.length === 1 ? "is" : "are"} no longer defined, so the run cannot be repeated. Launch a new selection instead.`,
      { assets: gone.slice(0, 100) },
    );
  }
  const job = catalog.jobs.find((candidate) => candidate.name === parent.job && candidate.location === parent.jobLocation) ?? null;
  const known = new Set(catalog.checks.map((check) => `${check.asset}:${check.name}`));
  return planAssets(catalog, {
    job,
    selection: parent.selection,
    assets: scope.value.assets,
    external: [],
    partition: parent.partition,
    isStored: true,
    checksOnly: false,
    checks: scope.value.checks.filter((check) => known.has(check)),
    now: tx.now,
  });
}

function scopeOf(tx: Tx, parent: RunRow, input: Again) {
  const rows = stepsOfRun(tx.db, parent.no);
  const keys = new Map(rows.map((row) => [row.position, row.key]));
  const before = Map.groupBy(depsOfRun(tx.db, parent.no), (edge) => edge.after);
  const status = new Map(rows.map((row) => [row.key, row.status]));
  const steps = rows.map((row): PlanStep => ({
    ...row,
    deps: (before.get(row.position) ?? []).map((edge) => keys.get(edge.before) ?? ""),
  }));
  const materialized = assetsOfRun(tx.db, parent.no).filter((row) => row.status === "succeeded");
  return reexecutionScope(
    {
      plan: { steps },
      statusOf: (key) => status.get(key) ?? "pending",
      materialized: new Set(materialized.map((row) => row.asset)),
      passedChecks: passedChecks(tx.db, parent.no),
    },
    input.mode === "selected" ? { mode: "steps", steps: input.steps ?? [], downstream: false } : { mode: input.mode },
  );
}
