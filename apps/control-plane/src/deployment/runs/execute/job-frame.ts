/**
 * Builds the frame that gives an agent one step attempt. It is made from rows alone. Sent again it may name other keys of inputs, which an
 * agent that has the attempt ignores.
 */
import type { JobFrame } from "@headgate/shared/protocol/down.ts";
import type { RunRow, StepRow } from "../tables.ts";
import { checkOutcomes } from "../../assets/asset-store.ts";
import { assetsOfStep } from "../step-asset-store.ts";
import type { Tx } from "../../kernel/tx.ts";
import { inputsOfStep } from "./step-inputs.ts";
import { partitionOfStep } from "./step-partition.ts";

export function jobFrame(tx: Tx, run: RunRow, step: StepRow): JobFrame {
  const left = step.attempt > 1 && step.subset === 1 ? whatIsLeft(tx, step) : { assets: step.assets, checks: step.checks };
  const partition = partitionOfStep(tx, step);
  const inputs = inputsOfStep(tx, step, left.assets);
  return {
    t: "job",
    run: run.id,
    step: step.key,
    epoch: step.epoch,
    attempt: step.attempt,
    location: step.location,
    version: step.version,
    unit: step.unit,
    assets: [...left.assets],
    checks: [...left.checks],
    ...(left.assets.length < step.assets.length && { stepAssets: step.assets.length }),
    partition,
    ...(inputs && { inputs }),
    ...(run.config !== null && { config: JSON.parse(run.config) as unknown }),
    tags: { ...run.tags },
    timeoutSeconds: step.timeoutSeconds,
    ...(step.idleTimeoutSeconds !== null && { idleTimeoutSeconds: step.idleTimeoutSeconds }),
    job: run.job,
  };
}

/** A retry of a unit that can be split does only what is missing. A warning counts as done, because a retry would not change it. */
function whatIsLeft(tx: Tx, step: StepRow): { readonly assets: readonly string[]; readonly checks: readonly string[] } {
  const done = new Set(
    assetsOfStep(tx.db, step.runNo, step.position)
      .filter((row) => row.status === "succeeded")
      .map((row) => row.asset),
  );
  const passed = new Set(
    checkOutcomes(tx.db, step.runNo, step.key)
      .filter((row) => row.passed || row.severity === "warn")
      .map((row) => `${row.asset}:${row.name}`),
  );
  const assets = step.assets.filter((asset) => !done.has(asset));
  const checks = step.checks.filter((check) => !passed.has(check));
  return assets.length === 0 && checks.length === 0 ? step : { assets, checks };
}
