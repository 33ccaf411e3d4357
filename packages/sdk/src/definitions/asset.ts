/** Assets made by one TypeScript function. */
import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { Asset, AssetDescription, ErasedAsset, ExecutionOptions, Input } from "./asset-type.ts";
import { CHECK, CHECK_SPEC, createCheck, type AssetCheck, type CheckOptions } from "./check.ts";
import type { AssetContext } from "./context.ts";
import { checkOptions, type OptionRules } from "../options/check-options.ts";
import { AUTOMATION, EXECUTION } from "../options/common-rules.ts";
import { captureSite, type DefinitionSite } from "../options/definition-site.ts";
import { deprecated, oldCall } from "../options/deprecated.ts";
import type { NoInputs } from "./input.ts";
import type { Partitions } from "../options/partitions.ts";
import type { AnyResource } from "./resource.ts";
import type { OutputOf } from "../values/result.ts";

/** Options of `defineAsset`. */
export interface AssetOptions<
  K extends string,
  R extends readonly AnyResource[],
  I extends Readonly<Record<string, Input>>,
  P extends Partitions | undefined,
  C extends StandardSchemaV1 | undefined,
  Ret,
  B extends Backfill | undefined,
>
  extends AssetDescription, ExecutionOptions {
  /** Segments joined with '/': `silver/dim_customer`. */
  readonly key: K;
  /** Resources that `run` uses. */
  readonly requires?: R | undefined;
  /** Upstream assets whose values `run` receives under these names. */
  readonly inputs?: I | undefined;
  /** How the asset is divided, e.g. `dailyPartitions(...)`. Default: not at all. */
  readonly partitions?: P;
  /** Standard Schema of its run config (`config.assets.<key>`). */
  readonly config?: C;
  /** How many adjacent partitions one run of a backfill takes; `"all"`: as many as there are. Default 1. */
  readonly backfill?: B;
  /**
   * Makes the asset. May return a value, `materialization(...)`, `checkResult(...)`, `observation(...)`, a list of these three, nothing, or
   * be a generator of these. A run that makes several partitions yields `materialization({ partition, value })` for each key of
   * `partition.each`, or returns a Map of the values by key, or no value.
   */
  run(context: AssetContext<R, I, P, C, B>): Ret;
}

/** Leaves `deps` and `requires` unchecked: their entries may be undefined until the whole code location is read, which checks them. */
export const DESCRIPTION: OptionRules<AssetDescription> = {
  group: "text",
  description: "text",
  owners: "list",
  tags: "object",
  kinds: "list",
  codeVersion: "text",
  metadata: "object",
  columns: "list",
  deps: "any",
  checks: { each: CHECK_SPEC },
  ioManager: "object",
  automation: AUTOMATION,
  freshness: "object",
  backfill: { options: { maxPartitionsPerRun: "any" } },
};

// oxlint-disable-next-line typescript/no-explicit-any -- only the names of the options count
type AnyOptions = AssetOptions<string, any, any, any, any, any, any>;

export const ASSET: OptionRules<AnyOptions> = {
  ...DESCRIPTION,
  ...EXECUTION,
  key: "any",
  requires: "any",
  inputs: "object",
  partitions: "object",
  config: "object",
  run: "any",
};

const { asset: _asset, ...OWN_CHECK } = CHECK;

type Backfill = NonNullable<AssetDescription["backfill"]>;
/** A function that takes several partitions at once returns their values by key. */
type ValueOf<Ret, B> = [B] extends [undefined] ? OutputOf<Ret> : ValueOfEach<OutputOf<Ret>>;
type ValueOfEach<V> = V extends ReadonlyMap<string, infer E> ? OutputOf<E> : V;

export function createAsset<K extends string, T, P>(key: K, definition: ErasedAsset): Asset<K, T, P> {
  const check = <R extends readonly AnyResource[]>(
    first: CheckOptions<R, T> | string,
    others?: Omit<CheckOptions<R, T>, "name">,
  ): AssetCheck => {
    if (typeof first === "object") checkOptions(first, OWN_CHECK, { call: "check", definer: check, what: "Check", needs: ["name", "run"] });
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
  B extends Backfill | undefined,
>(options: AssetOptions<K, R, I, P, C, Ret, B>, site: DefinitionSite | undefined): Asset<K, ValueOf<Ret, B>, P> {
  refuseWithoutFunction(options);
  return createAsset(options.key, {
    ...options,
    requires: options.requires ?? [],
    inputs: options.inputs ?? {},
    partitions: options.partitions,
    config: options.config,
    site,
    sourceText: options.run.toString(),
    ownChecks: [],
    run: (context) => options.run(context as AssetContext<R, I, P, C, B>),
  });
}

/** The types refuse this, but code is published without a compiler. */
function refuseWithoutFunction({ key, run }: { readonly key?: unknown; readonly run?: unknown }): void {
  if (typeof run === "function") return;
  const what = typeof key === "string" ? `Asset "${key}"` : "An asset";
  throw new TypeError(`${what} has no function 'run'. Write defineAsset({ key, run() {} }), or defineSourceAsset for data made elsewhere.`);
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
  const B extends Backfill | undefined = undefined,
>(options: AssetOptions<K, R, I, P, C, Ret, B>): Asset<K, ValueOf<Ret, B>, P> {
  checkOptions(options, ASSET, { call: "defineAsset", definer: defineAsset, what: "Asset" });
  return assetFromOptions(options, captureSite(defineAsset));
}
