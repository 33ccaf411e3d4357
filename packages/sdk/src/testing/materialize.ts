/** Materializes assets in a test, without any server. */
import { mkdtemp, mkdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AppError } from "@headgate/shared/domain/errors.ts";
import type { StepEvent, StepOutcome } from "@headgate/shared/domain/run/event.ts";
import type { Failure } from "@headgate/shared/domain/run/failure.ts";
import type { Asset } from "../definitions/asset-type.ts";
import { defineCodeLocation, type AssetSource } from "../code-location.ts";
import { NO_VALUE } from "../definitions/io-manager.ts";
import type { MultiAsset, OutputSpec } from "../definitions/multi-asset.ts";
import type { AnyResource } from "../definitions/resource.ts";
import type { RunConfig } from "../definitions/run-config.ts";
import { createRuntime } from "../runtime/create-runtime.ts";
import { planSteps } from "./plan-steps.ts";
import { memoryValues } from "./memory-values.ts";
import { resourcesOf } from "./resources-of.ts";

type ValuesOf<A extends readonly AssetSource[]> = ValueMap<A[number]>;
type ValueMap<X> = AssetValues<X> & MultiValues<X>;
type AssetValues<X> = { readonly [E in X as E extends Asset<infer K, unknown> ? K : never]: E extends Asset<string, infer T> ? T : never };
type Outputs<X> = X extends MultiAsset<Readonly<Record<string, OutputSpec>>, unknown> ? X["outputs"][keyof X["outputs"]] : never;
type MultiValues<X> = {
  readonly [E in Outputs<X> as E extends Asset<infer K, unknown> ? K : never]: E extends Asset<string, infer T> ? T : never;
};

/** Options of `materialize`. */
export interface MaterializeOptions {
  /** Fakes (or real values) by resource key; resources that are not given are set up for real. */
  readonly resources?: Readonly<Record<string, unknown>> | undefined;
  /** Key of the partition for partitioned assets. */
  readonly partition?: string | undefined;
  /** Configuration of the run. */
  readonly config?: RunConfig | undefined;
  /** Output values of upstream assets that are not materialized here, by asset key; of a partitioned asset one value, or a Map by partition. */
  readonly values?: Readonly<Record<string, unknown>> | undefined;
  /** Tags of the run. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /** Added to the environment of the test. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Relative paths of definitions resolve against it. Default: the working folder. */
  readonly root?: string | undefined;
  /** Kept when given; otherwise a temporary folder. */
  readonly storage?: string | undefined;
  /** Aborting it cancels the steps. */
  readonly signal?: AbortSignal | undefined;
}

/** What `materialize` did. */
export interface MaterializeResult<A extends readonly AssetSource[]> {
  /** Whether every step succeeded. */
  readonly success: boolean;
  /** Everything that was reported, in order. */
  readonly events: readonly StepEvent[];
  /** How each step ended, by unit id. Steps below a failed one do not run. */
  readonly steps: ReadonlyMap<string, StepOutcome>;
  /** Why steps failed; empty when all succeeded. */
  readonly failures: readonly Failure[];
  /** The output value of an asset. */
  value<K extends keyof ValuesOf<A>>(key: K): ValuesOf<A>[K];
  /** The last materialization of an asset, with its metadata. */
  materialization(key: string): Extract<StepEvent, { type: "asset_materialized" }> | undefined;
  /** The last result of a check; without a name, of any check of the asset. */
  check(asset: string, name?: string): Extract<StepEvent, { type: "check_evaluated" }> | undefined;
}

/**
 * Runs assets and their checks in dependency order in this process, e.g. in a unit test.
 *
 * @example
 * const result = await materialize([stgCustomers, dimCustomer], { resources: { dbt: { run: async () => ({ elapsed: 1 }) } } });
 * expect(result.value("stg_customers")).toBe("stg_customers materialized");
 * @throws `AppError` with the code `invalid_input` when a definition is wrong. A step that fails does not throw: see `failures`.
 */
export async function materialize<const A extends readonly AssetSource[]>(
  assets: A,
  options: MaterializeOptions = {},
): Promise<MaterializeResult<A>> {
  const temporary = await mkdtemp(join(tmpdir(), "headgate-test-"));
  try {
    return await run(assets, options, temporary);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function run<A extends readonly AssetSource[]>(
  assets: A,
  options: MaterializeOptions,
  temporary: string,
): Promise<MaterializeResult<A>> {
  const folders = {
    root: options.root ?? process.cwd(),
    storage: options.storage ?? join(temporary, "storage"),
    scratch: join(temporary, "scratch"),
  };
  await Promise.all([mkdir(folders.storage, { recursive: true }), mkdir(folders.scratch, { recursive: true })]);
  const env = { ...process.env, ...options.env };
  const values = memoryValues(options.values ?? {});
  const resources: readonly AnyResource[] = resourcesOf(assets);
  const location = defineCodeLocation({ name: "test", assets: [...assets], resources });
  const runtime = createRuntime(location, { resources: options.resources, ioManager: values.manager });
  const index = await runtime.index({ ...folders, env });
  if (!index.draft)
    throw new AppError("invalid_input", index.errors.map(({ message }) => message).join("\n"), { details: { errors: index.errors } });

  const events: StepEvent[] = [];
  const steps = new Map<string, StepOutcome>();
  const planned = planSteps(index.draft, { partition: options.partition ?? null, config: options.config, tags: options.tags ?? {} });
  for (const { job, after } of planned) {
    if (!after.every((step) => steps.get(step)?.outcome === "succeeded")) continue;
    const host = {
      ...folders,
      env,
      signal: options.signal ?? new AbortController().signal,
      emit: (event: StepEvent) => void events.push(event),
    };
    steps.set(job.step, await runtime.execute(job, host));
  }
  const outcomes = [...steps.values()];
  const partitioned = new Set(index.draft.assets.filter((asset) => asset.partitions !== undefined).map((asset) => asset.key));
  return {
    success: steps.size === planned.length && outcomes.every(({ outcome }) => outcome === "succeeded"),
    events,
    steps,
    failures: outcomes.flatMap((outcome) => (outcome.outcome === "failed" ? [outcome.failure] : [])),
    value(key) {
      const value = values.get(key, partitioned.has(key) ? (options.partition ?? null) : null);
      return (value === NO_VALUE ? undefined : value) as ValuesOf<A>[typeof key];
    },
    materialization: (key) =>
      events.findLast((event) => event.type === "asset_materialized" && event.asset === key) as ReturnType<
        MaterializeResult<A>["materialization"]
      >,
    check: (asset, name) =>
      events.findLast(
        (event) => event.type === "check_evaluated" && event.asset === asset && (name === undefined || event.check === name),
      ) as ReturnType<MaterializeResult<A>["check"]>,
  };
}
