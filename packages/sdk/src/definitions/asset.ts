/** Assets made by one TypeScript function. */
import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { AutomationCondition, FreshnessPolicy } from "../options/automation.ts";
import { createCheck, type AssetCheck, type CheckOptions, type CheckSpec } from "./check.ts";
import type { AssetContext } from "./context.ts";
import { captureSite, type DefinitionSite } from "../options/definition-site.ts";
import { deprecated, oldCall } from "../options/deprecated.ts";
import type { Duration } from "../options/duration.ts";
import type { Dep, Input, NoInputs } from "./input.ts";
import type { IoManager } from "./io-manager.ts";
import type { MetadataRecord, TableColumn } from "../values/metadata.ts";
import type { Partitions } from "../options/partitions.ts";
import type { AnyResource } from "./resource.ts";
import type { OutputOf } from "../values/result.ts";
import type { RetryPolicy } from "../options/retry-policy.ts";

/** Options that describe one asset, whatever makes it. */
export interface AssetDescription {
  readonly group?: string | undefined;
  readonly description?: string | undefined;
  /** E-mail addresses or `team:<name>`. */
  readonly owners?: readonly string[] | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /** What it is made of, shown as icons: `trino`, `duckdb`, `parquet`... */
  readonly kinds?: readonly string[] | undefined;
  /** Changes when the logic changes; default: a hash of the function's text. */
  readonly codeVersion?: string | undefined;
  readonly metadata?: MetadataRecord | undefined;
  readonly columns?: readonly TableColumn[] | undefined;
  /** Upstream assets without a value. */
  readonly deps?: readonly Dep[] | undefined;
  /** Checks whose results `run` returns. */
  readonly checks?: Readonly<Record<string, CheckSpec>> | undefined;
  readonly ioManager?: IoManager | undefined;
  /** When it is materialized by itself. */
  readonly automation?: AutomationCondition | undefined;
  /** How old it may be. */
  readonly freshness?: FreshnessPolicy | undefined;
  /** Partitions that one run of a backfill takes; `"all"`: those that are next to each other. Default 1. */
  readonly backfill?: { readonly maxPartitionsPerRun: number | "all" } | undefined;
}

/** Options of how a function is executed. */
export interface ExecutionOptions {
  /** When a failed step is tried again. Default: the policy of the job, else no retry. */
  readonly retry?: RetryPolicy | undefined;
  /** Time limit of one attempt. Default: none. */
  readonly timeout?: Duration | undefined;
  /** Time after which an attempt that reports nothing, not even a log line, fails. Default: none. */
  readonly idleTimeout?: Duration | undefined;
  /** Steps of a pool share its slots. */
  readonly pool?: string | undefined;
}

export interface AssetOptions<
  K extends string,
  R extends readonly AnyResource[],
  I extends Readonly<Record<string, Input>>,
  P extends Partitions | undefined,
  C extends StandardSchemaV1 | undefined,
  Ret,
>
  extends AssetDescription, ExecutionOptions {
  /** Segments joined with '/': `silver/dim_customer`. */
  readonly key: K;
  /** Resources that `run` uses. */
  readonly requires?: R | undefined;
  /** Upstream assets whose values `run` receives under these names. */
  readonly inputs?: I | undefined;
  readonly partitions?: P;
  /** Standard Schema of its run config (`config.assets.<key>`). */
  readonly config?: C;
  /** Makes the asset. May return a value, `materialization(...)`, `checkResult(...)`, nothing, or be an async generator of these. */
  run(context: AssetContext<R, I, P, C>): Ret;
}

/** `asset.check`; `T` is the type of the asset's value. */
export interface DefineCheck<T> {
  /** Adds a check to the asset. */
  <const R extends readonly AnyResource[] = []>(options: CheckOptions<R, T>): AssetCheck;
  /** @deprecated Write `asset.check({ name, ... })`. */
  <const R extends readonly AnyResource[] = []>(name: string, options: Omit<CheckOptions<R, T>, "name">): AssetCheck;
}

/** Made by `defineAsset()`. `T` is the type of its output value. */
export interface Asset<K extends string = string, T = unknown> {
  readonly kind: "asset";
  readonly key: K;
  /** Carries the value's type only. */
  readonly "~value"?: T;
  readonly "~definition": ErasedAsset;
  /**
   * Adds a check with a function of its own; it runs as a step after the asset.
   *
   * @example
   * export const emailNotNull = dimCustomer.check({ name: "email_not_null", blocking: true, run: async () => checkResult({ passed: true }) });
   */
  readonly check: DefineCheck<T>;
}

/** An asset definition after its types did their work. */
export interface ErasedAsset extends AssetDescription, ExecutionOptions {
  readonly requires: readonly AnyResource[];
  readonly inputs: Readonly<Record<string, Input>>;
  readonly partitions: Partitions | undefined;
  readonly config: StandardSchemaV1 | undefined;
  readonly site: DefinitionSite | undefined;
  /** Text of `run`, from which the default code version is made. */
  readonly sourceText: string;
  /** Its function looks at it instead of making it. */
  readonly observable?: boolean | undefined;
  /** Set for an output of a multi-asset: the multi-asset's name. */
  readonly multi?: string | undefined;
  /** Checks added with `asset.check(...)`. */
  readonly ownChecks: AssetCheck[];
  run(context: unknown): unknown;
}

export function createAsset<K extends string, T>(key: K, definition: ErasedAsset): Asset<K, T> {
  const check = <R extends readonly AnyResource[]>(
    first: CheckOptions<R, T> | string,
    others?: Omit<CheckOptions<R, T>, "name">,
  ): AssetCheck => {
    const site = captureSite(check);
    const made = createCheck({ asset: key, site }, typeof first === "object" ? first : fromOldCall(first, { options: others, site }));
    definition.ownChecks.push(made);
    return made;
  };
  return { kind: "asset", key, "~definition": definition, check };
}

function fromOldCall<R extends readonly AnyResource[], T>(
  name: string,
  { options, site }: { readonly options: Omit<CheckOptions<R, T>, "name"> | undefined; readonly site: DefinitionSite | undefined },
): CheckOptions<R, T> {
  if (options === undefined) throw new TypeError(`check("${name}") has no options. Write check({ name: "${name}", run }).`);
  deprecated(oldCall("check", { site, identity: { name }, options }));
  return { ...options, name };
}

/** The definer's own site is captured by the caller, so that it is the user's line and not one of ours. */
export function assetFromOptions<
  K extends string,
  R extends readonly AnyResource[],
  I extends Readonly<Record<string, Input>>,
  P extends Partitions | undefined,
  C extends StandardSchemaV1 | undefined,
  Ret,
>(options: AssetOptions<K, R, I, P, C, Ret>, site: DefinitionSite | undefined): Asset<K, OutputOf<Ret>> {
  return createAsset(options.key, {
    ...options,
    requires: options.requires ?? [],
    inputs: options.inputs ?? {},
    partitions: options.partitions,
    config: options.config,
    site,
    sourceText: options.run.toString(),
    ownChecks: [],
    run: (context) => options.run(context as AssetContext<R, I, P, C>),
  });
}

/**
 * Defines an asset and the function that materializes it.
 *
 * @example
 * export const dimCustomer = defineAsset({
 *   key: "silver/dim_customer",
 *   inputs: { customers: stgCustomers },
 *   run: async ({ inputs, log }) => {
 *     log.info(`${inputs.customers.length} customers`);
 *     return materialization({ metadata: { row_count: inputs.customers.length } });
 *   },
 * });
 */
export function defineAsset<
  const K extends string,
  const R extends readonly AnyResource[] = [],
  I extends Readonly<Record<string, Input>> = NoInputs,
  P extends Partitions | undefined = undefined,
  C extends StandardSchemaV1 | undefined = undefined,
  Ret = void,
>(options: AssetOptions<K, R, I, P, C, Ret>): Asset<K, OutputOf<Ret>> {
  return assetFromOptions(options, captureSite(defineAsset));
}
