/** Runs a check that has a function of its own. */
import type { StepOutcome } from "@headgate/shared/domain/run/event.ts";
import type { Asset } from "../../definitions/asset-type.ts";
import type { AssetCheck } from "../../definitions/check.ts";
import { checkResult, isCheckResult } from "../../values/result.ts";
import { errorOutcome } from "./error-outcome.ts";
import { loadOwnValue } from "./load-inputs.ts";
import { stepLogger } from "./logger.ts";
import { recordCheck } from "./record-output.ts";
import { StepError } from "./step-error.ts";
import type { StepScope } from "./step-scope.ts";

/** `asset` is null for an asset that is not defined in TypeScript, e.g. a dbt model. */
export async function runCheck(check: AssetCheck, asset: Asset | null, scope: StepScope): Promise<StepOutcome> {
  const definition = check["~definition"];
  const startedAt = performance.now();
  const partition = scope.job.partition ? { key: scope.job.partition.key } : null;
  try {
    const returned = await definition.run({
      asset: check.asset,
      partition,
      resources: scope.resources,
      log: stepLogger(scope.emit, check.asset),
      signal: scope.signal,
      env: scope.env,
      folders: scope.folders,
      run: scope.run,
      loadValue: async () => {
        if (asset) return await loadOwnValue(asset, scope);
        throw new StepError("user_code", `${check.asset} is not defined in TypeScript and has no stored value; query its table instead.`);
      },
    });
    scope.signal.throwIfAborted();
    const result = typeof returned === "boolean" ? checkResult({ passed: returned }) : returned;
    if (!isCheckResult(result))
      throw new StepError("bad_output", `Check "${check.name}" of ${check.asset} must return checkResult(...) or a boolean.`);
    const durationMs = Math.round(performance.now() - startedAt);
    const message = recordCheck(
      result,
      { asset: check.asset, name: check.name, spec: definition, partition: partition?.key, durationMs },
      scope,
    );
    return message === null
      ? { outcome: "succeeded" }
      : { outcome: "failed", failure: { kind: "check_failed", message }, retryable: false };
  } catch (error) {
    return errorOutcome(error, scope.signal);
  }
}
