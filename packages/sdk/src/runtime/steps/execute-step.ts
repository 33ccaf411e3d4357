/** Executes one step attempt of a code location: finds the unit, makes its resources, runs it, tears everything down. */
import type { StepOutcome } from "@headgate/shared/domain/run/event.ts";
import type { JobFrame } from "@headgate/shared/protocol/down.ts";
import { fitEvent } from "@headgate/shared/protocol/fit-event.ts";
import type { RuntimeHost } from "@headgate/shared/protocol/worker.ts";
import type { IoManager } from "../../definitions/io-manager.ts";
import type { AnyResource } from "../../definitions/resource.ts";
import { readRunConfig } from "../config-values.ts";
import type { Definitions } from "../flatten.ts";
import { errorOutcome } from "./error-outcome.ts";
import { stepLogger } from "./logger.ts";
import { withResources } from "./open-resources.ts";
import { resourceRun } from "./resource-run.ts";
import type { StepScope } from "./step-scope.ts";
import type { Executable, UnitTable } from "../unit-table.ts";
import { runAsset, runMultiAsset } from "./run-asset.ts";
import { runCheck } from "./run-check.ts";

export interface Executor {
  readonly location: string;
  readonly definitions: Definitions;
  readonly units: UnitTable;
  readonly resources: ReadonlyMap<string, AnyResource>;
  readonly ioManager: IoManager;
  /** Fakes of tests, by resource key. */
  readonly given: Readonly<Record<string, unknown>>;
}

export async function executeStep(executor: Executor, job: JobFrame, host: RuntimeHost): Promise<StepOutcome> {
  const unit = executor.units.get(job.unit);
  if (!unit) {
    const message = `Code location "${executor.location}" has no unit "${job.unit}" in this version. Publish it again.`;
    return { outcome: "failed", failure: { kind: "load_failed", message }, retryable: false };
  }
  if (host.signal.aborted) return { outcome: "canceled" };
  const config = readRunConfig(job.config);
  if (!config.ok) return { outcome: "failed", failure: { kind: "user_code", message: config.error.message }, retryable: false };
  const base = {
    job,
    run: { id: job.run, job: job.job, step: job.step, attempt: job.attempt, tags: job.tags },
    config: config.value,
    folders: { root: host.root, storage: host.storage, scratch: host.scratch },
    env: host.env,
    signal: host.signal,
    ioManager: executor.ioManager,
    emit: (event: Parameters<RuntimeHost["emit"]>[0]) => host.emit(fitEvent(event)),
  };
  const log = stepLogger(base.emit);
  try {
    return await withResources(
      requiredBy(unit, executor.ioManager),
      {
        known: executor.resources,
        given: executor.given,
        config: config.value.resources,
        folders: base.folders,
        env: base.env,
        log,
        signal: base.signal,
        step: job.step,
        run: resourceRun(unit, job),
        emit: base.emit,
      },
      async (resources) => await runUnit(unit, { ...base, resources }),
    );
  } catch (error) {
    return errorOutcome(error, host.signal);
  }
}

function requiredBy(unit: Executable, ioManager: IoManager): readonly AnyResource[] {
  return [...unit.requires, ...(unit.usesValues ? ioManager.requires : [])];
}

async function runUnit(unit: Executable, scope: StepScope): Promise<StepOutcome> {
  switch (unit.kind) {
    case "asset":
      return await runAsset(unit.asset, scope);
    case "multi":
      return await runMultiAsset(unit.multi, scope);
    case "check":
      return await runCheck(unit.check, unit.asset, scope);
    case "unit": {
      const outcome = await unit.unit.execute({
        job: scope.job,
        assets: new Set(scope.job.assets),
        checks: new Set(scope.job.checks),
        partition: scope.job.partition,
        config: scope.config.assets[unit.unit.id],
        log: stepLogger(scope.emit),
        signal: scope.signal,
        resources: scope.resources,
        folders: scope.folders,
        env: scope.env,
        emit: scope.emit,
      });
      return scope.signal.aborted && outcome.outcome !== "succeeded" ? { outcome: "canceled" } : outcome;
    }
    default:
      return unit satisfies never;
  }
}
