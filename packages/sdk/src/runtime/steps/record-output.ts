/** Takes what a user function returned for one asset: checks it, stores the value, reports the materialization and the checks. */
import { isRecord } from "@headgate/shared/domain/json.ts";
import type { Metadata } from "@headgate/shared/domain/metadata.ts";
import { storableMetadata } from "@headgate/shared/protocol/fit-event.ts";
import type { Asset } from "../../definitions/asset-type.ts";
import type { CheckSpec } from "../../definitions/check.ts";
import type { MetadataRecord } from "../../values/metadata.ts";
import type { CheckResult } from "../../values/result.ts";
import { ioContext } from "./io-context.ts";
import { placeOutput } from "./place-output.ts";
import { StepError } from "./step-error.ts";
import { ioManagerOf, type StepScope } from "./step-scope.ts";

export interface Output {
  readonly value: unknown;
  readonly hasValue: boolean;
  readonly metadata?: MetadataRecord | undefined;
  readonly dataVersion?: string | undefined;
  /** One of the partitions that the step makes. Undefined: all of them. */
  readonly partition?: string | undefined;
}

export async function recordMaterialization(asset: Asset, output: Output, context: { scope: StepScope; startedAt: number }): Promise<void> {
  const { scope } = context;
  const { partition, values } = placeOutput(asset, output, scope);
  const metadata = storableMetadata(output.metadata);
  let stored: Metadata = {};
  for (const [key, value] of values) stored = await store(asset, { key, value }, scope);
  scope.emit({
    type: "asset_materialized",
    asset: asset.key,
    ...(partition !== undefined && { partition }),
    metadata: { ...stored, ...metadata },
    durationMs: Math.round(performance.now() - context.startedAt),
    ...(output.dataVersion !== undefined && { dataVersion: output.dataVersion }),
  });
}

export function recordObservation(
  asset: string,
  seen: { readonly metadata?: MetadataRecord | undefined; readonly dataVersion?: string | undefined },
  context: { readonly scope: StepScope; readonly partitioned: boolean },
): void {
  const partition = context.partitioned ? context.scope.job.partition?.key : undefined;
  context.scope.emit({
    type: "asset_observed",
    asset,
    ...(partition !== undefined && { partition }),
    metadata: storableMetadata(seen.metadata),
    ...(seen.dataVersion !== undefined && { dataVersion: seen.dataVersion }),
  });
}

async function store(
  asset: Asset,
  { key, value }: { readonly key: string | null; readonly value: unknown },
  scope: StepScope,
): Promise<Metadata> {
  const manager = ioManagerOf(scope, asset["~definition"]);
  const facts: unknown = await manager.store(ioContext(asset, key, scope), value);
  // A store without metadata may return whatever its last call returned, such as a Map or a number.
  return isRecord(facts) ? storableMetadata({ ...facts }) : {};
}

export interface CheckReport {
  readonly asset: string;
  readonly name: string;
  readonly spec: CheckSpec | undefined;
  readonly partition: string | undefined;
  readonly durationMs?: number | undefined;
}

/** Returns why downstream steps must not run, or null. */
export function recordCheck(result: CheckResult, report: CheckReport, scope: StepScope): string | null {
  const { asset, name, spec, partition } = report;
  const severity = result.severity ?? spec?.severity ?? "error";
  scope.emit({
    type: "check_evaluated",
    asset,
    check: name,
    passed: result.passed,
    severity,
    ...(result.description !== undefined && { description: result.description }),
    metadata: storableMetadata(result.metadata),
    ...(report.durationMs !== undefined && { durationMs: report.durationMs }),
    ...(partition !== undefined && { partition }),
  });
  const blocks = !result.passed && severity === "error" && spec?.blocking === true;
  return blocks ? `Blocking check "${name}" of ${asset} failed${result.description === undefined ? "." : `: ${result.description}`}` : null;
}

/** A check result without a name means the only declared check, or one called `check`. */
export function checkName(asset: Asset, result: CheckResult, index: number): string {
  if (result.name !== undefined) return result.name;
  const declared = Object.keys(asset["~definition"].checks ?? {});
  const [only] = declared;
  if (declared.length === 1 && only !== undefined && index === 0) return only;
  if (declared.length > 1)
    throw new StepError(
      "bad_output",
      `A check result of asset "${asset.key}" has no name, but the asset declares ${declared.join(", ")}. Pass 'name' to checkResult.`,
    );
  return index === 0 ? "check" : `check_${index + 1}`;
}
