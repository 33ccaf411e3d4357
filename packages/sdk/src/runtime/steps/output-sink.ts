/** Where the outputs of one step go: knows which assets may be materialized, which were, and which blocking checks failed. */
import type { StepOutcome } from "@headgate/shared/domain/run/event.ts";
import type { Failure } from "@headgate/shared/domain/run/failure.ts";
import type { Asset } from "../../definitions/asset-type.ts";
import type { CheckResult, Observation } from "../../values/result.ts";
import { errorOutcome } from "./error-outcome.ts";
import { checkName, recordCheck, recordMaterialization, recordObservation, type Output } from "./record-output.ts";
import { keysOfStep } from "./needed-keys.ts";
import { partlyMade, valueTwice, wholeAndParts } from "./place-output.ts";
import { refuseBadChecks } from "./read-results.ts";
import { StepError } from "./step-error.ts";
import type { StepScope } from "./step-scope.ts";

export interface OutputSink {
  start(): void;
  has(asset: string): boolean;
  materialize(asset: string, output: Output, checks: readonly CheckResult[]): Promise<void>;
  /** Records an observation. It completes an observable asset of the step; for any other asset it is only recorded. */
  observe(asset: string, seen: Pick<Partial<Observation>, "metadata" | "dataVersion">): void;
  check(asset: string, result: CheckResult): void;
  /** Throws if only some partitions of an asset were made. */
  outcome(): StepOutcome;
  /** Runs the step's work; when it fails, the assets that were not made are reported as failed. */
  guard(work: () => Promise<StepOutcome>): Promise<StepOutcome>;
}

export function createOutputSink({ assets, scope }: { assets: readonly Asset[]; scope: StepScope }): OutputSink {
  const byKey = new Map(assets.map((asset) => [asset.key, asset]));
  const done = new Set<string>();
  const blocked: string[] = [];
  const unnamed = new Map<string, number>();
  const startedAt = performance.now();

  const find = (key: string): Asset => {
    const asset = byKey.get(key);
    if (asset) return asset;
    throw new StepError(
      "bad_output",
      `The step returned something for asset "${key}", which it does not make. It makes ${[...byKey.keys()].join(", ")}.`,
    );
  };
  const parts = new Map<string, Set<string>>();
  const madePart = (asset: Asset, part: string) => {
    const made = parts.get(asset.key) ?? new Set();
    parts.set(asset.key, made.add(part));
    if (made.size === keysOf(asset).length) done.add(asset.key);
  };
  const keysOf = ({ "~definition": { partitions } }: Asset) => (partitions ? keysOfStep(partitions, scope).list : []);
  /** Values that were stored in this step, as `asset` or `asset` and partition. Another one would replace them without a word. */
  const stored = new Set<string>();
  const refuseTwice = (asset: Asset, { partition, hasValue }: Output) => {
    if (partition !== undefined && done.has(asset.key) && !parts.has(asset.key)) throw new StepError("bad_output", wholeAndParts(asset));
    if (partition === undefined && parts.has(asset.key) && !done.has(asset.key)) throw new StepError("bad_output", wholeAndParts(asset));
    const place = JSON.stringify([asset.key, partition ?? null]);
    if (hasValue && stored.has(place)) throw new StepError("bad_output", valueTwice(asset, partition));
    if (hasValue) stored.add(place);
  };
  const refusePartlyMade = () => {
    for (const [key, made] of parts) {
      if (done.has(key)) continue;
      const asset = find(key);
      const keys = keysOf(asset);
      throw new StepError("bad_output", partlyMade(asset, { keys, missing: keys.filter((one) => !made.has(one)) }));
    }
  };
  const check = (key: string, result: CheckResult, part?: string) => {
    const asset = find(key);
    const index = unnamed.get(key) ?? 0;
    const name = checkName(asset, result, index);
    if (result.name === undefined) unnamed.set(key, index + 1);
    const { checks, partitions } = asset["~definition"];
    const partition = partitions ? (part ?? scope.job.partition?.key) : undefined;
    const message = recordCheck(result, { asset: key, name, spec: checks?.[name], partition }, scope);
    if (message !== null) blocked.push(message);
  };
  const outcome = (): StepOutcome => {
    refusePartlyMade();
    if (blocked.length === 0) return { outcome: "succeeded" };
    return { outcome: "failed", failure: { kind: "check_failed", message: blocked.join("\n") }, retryable: false };
  };
  const reportFailed = (failure: Failure) => {
    const durationMs = Math.round(performance.now() - startedAt);
    for (const key of byKey.keys()) if (!done.has(key)) scope.emit({ type: "asset_failed", asset: key, failure, durationMs });
  };
  return {
    start() {
      for (const key of byKey.keys()) scope.emit({ type: "asset_started", asset: key });
    },
    has: (key) => done.has(key) || parts.has(key),
    async materialize(key, output, checks) {
      refuseBadChecks(`Asset "${key}"`, checks);
      const asset = find(key);
      refuseTwice(asset, output);
      await recordMaterialization(asset, output, { scope, startedAt });
      if (output.partition === undefined) done.add(key);
      else madePart(asset, output.partition);
      if (output.partition !== undefined) unnamed.delete(key);
      for (const result of checks) check(result.asset ?? key, result, output.partition);
    },
    observe(key, seen) {
      recordObservation(key, seen, { scope, partitioned: byKey.get(key)?.["~definition"].partitions !== undefined });
      if (byKey.get(key)?.["~definition"].observable === true) done.add(key);
    },
    check: (key, result) => check(key, result),
    outcome,
    async guard(work) {
      try {
        return await work();
      } catch (error) {
        const ended = errorOutcome(error, scope.signal);
        if (ended.outcome === "failed") reportFailed(ended.failure);
        return ended;
      }
    },
  };
}
