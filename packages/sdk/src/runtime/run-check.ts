/** Runs a check that has a function of its own. */
import type { StepOutcome } from "@headgate/shared/domain/run/event.ts";
import type { Asset } from "../asset.ts";
import type { AssetCheck } from "../check.ts";
import { checkResult, isCheckResult } from "../result.ts";
import { errorOutcome } from "./error-outcome.ts";
import { loadValue } from "./load-inputs.ts";
import { stepLogger } from "./logger.ts";
import { recordCheck } from "./record-output.ts";
import { StepError } from "./step-error.ts";
import type { StepScope } from "./step-scope.ts";

export async function runCheck(check: AssetCheck, asset: Asset, scope: StepScope): Promise<StepOutcome> {
  const definition = check["~definition"];
  const startedAt = performance.now();
  const partition = asset["~definition"].partitions && scope.job.partition ? { key: scope.job.partition.key } : null;
  try {
    const returned = await definition.run({
      asset: asset.key,
      partition,
      resources: scope.resources,
      log: stepLogger(scope.emit, asset.key),
      signal: scope.signal,
      env: scope.env,
      folders: scope.folders,
      run: scope.run,
      loadValue: async () => await loadValue(asset, partition?.key ?? null, scope),
    });
    scope.signal.throwIfAborted();
    const result = typeof returned === "boolean" ? checkResult({ passed: returned }) : returned;
    if (!isCheckResult(result))
      throw new StepError("bad_output", `Check "${check.name}" of ${asset.key} must return checkResult(...) or a boolean.`);
    const durationMs = Math.round(performance.now() - startedAt);
    const message = recordCheck(asset, result, { name: check.name, spec: definition, scope, durationMs });
    return message === null
      ? { outcome: "succeeded" }
      : { outcome: "failed", failure: { kind: "check_failed", message }, retryable: false };
  } catch (error) {
    return errorOutcome(error, scope.signal);
  }
}
