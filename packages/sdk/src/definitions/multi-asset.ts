/** Several assets made by one function. */
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { createAsset, DESCRIPTION } from "./asset.ts";
import type { Asset, AssetDescription, ExecutionOptions } from "./asset-type.ts";
import type { AssetContext } from "./context.ts";
import { checkOptions, type OptionRules } from "../options/check-options.ts";
import { EXECUTION } from "../options/common-rules.ts";
import { captureSite, type DefinitionSite } from "../options/definition-site.ts";
import type { NoInputs } from "./input.ts";
import type { Input } from "./asset-type.ts";
import type { MetadataRecord } from "../values/metadata.ts";
import type { Partitions } from "../options/partitions.ts";
import type { AnyResource } from "./resource.ts";
import type { CheckResult } from "../values/result.ts";

/** One asset of a multi-asset. */
export interface OutputSpec extends AssetDescription {
  /** Key of the asset: segments joined with '/'. */
  readonly key: string;
  /** False: a run may leave this output out, and it is then skipped. Default true. */
  readonly required?: boolean | undefined;
}

/** What `run` of a multi-asset yields or returns for each output. */
export interface MultiOutput<N extends string = string, V = unknown> {
  /** Name of the output. */
  readonly output: N;
  /** Key of one of the partitions that the run makes (`partition.each`). Default: all of them. */
  readonly partition?: string | undefined;
  /** The output value, for assets that name this one in `inputs`. */
  readonly value?: V;
  /** Facts about the data, shown in the dashboard. */
  readonly metadata?: MetadataRecord | undefined;
  /** Results of the checks that the output declares. */
  readonly checks?: readonly CheckResult[] | undefined;
  /** Identifies the data's content; equal versions mean that nothing changed. */
  readonly dataVersion?: string | undefined;
}

type MultiContext<R extends readonly AnyResource[], I extends Readonly<Record<string, Input>>, P, C, N, B> = Omit<
  AssetContext<R, I, P, C, B>,
  "asset"
> & {
  /** Outputs to make in this step. */
  readonly selected: ReadonlySet<N>;
};

type BackfillOf<O> = Extract<O[keyof O], { readonly backfill: object }> extends never ? undefined : object;

type MultiReturn<Y> = AsyncIterable<Y> | Promise<readonly Y[] | Y | void> | readonly Y[] | Y | void;

/** Options of `defineMultiAsset`. */
export interface MultiAssetOptions<
  O extends Readonly<Record<string, OutputSpec>>,
  R extends readonly AnyResource[],
  I extends Readonly<Record<string, Input>>,
  P extends Partitions | undefined,
  C extends StandardSchemaV1 | undefined,
  Y,
> extends ExecutionOptions {
  /** Unique in the code location. */
  readonly name: string;
  /** What it makes: name of the output -> asset. */
  readonly outputs: O;
  /** True: a run may ask for only some of the outputs (`selected`). */
  readonly subset?: boolean | undefined;
  /** Resources that `run` uses. Default: none. */
  readonly requires?: R | undefined;
  /** Upstream assets whose values `run` receives under these names. Default: none. */
  readonly inputs?: I | undefined;
  /** How all of its assets are divided. Default: not at all. */
  readonly partitions?: P;
  /** Standard Schema of its run config (`config.assets.<name>`). */
  readonly config?: C;
  /** Yields (or returns an array of) one entry per output. A function that returns nothing materialized all selected outputs. */
  run(context: MultiContext<R, I, P, C, keyof O & string, BackfillOf<O>>): MultiReturn<Y>;
}

// oxlint-disable-next-line typescript/no-explicit-any -- only the names of the options count
const MULTI: OptionRules<MultiAssetOptions<any, any, any, any, any, any>> = {
  ...EXECUTION,
  name: "text",
  outputs: { each: { ...DESCRIPTION, key: "any", required: "boolean" } satisfies OptionRules<OutputSpec> },
  subset: "boolean",
  requires: "any",
  inputs: "object",
  partitions: "object",
  config: "object",
  run: "function",
};

type ValueOfOutput<Y, N> = Extract<Y, { readonly output: N }> extends { readonly value: infer V } ? V : unknown;

/** Made by `defineMultiAsset()`. `outputs` are its assets, to be used in `deps` and `inputs` of others. */
export interface MultiAsset<
  O extends Readonly<Record<string, OutputSpec>> = Readonly<Record<string, OutputSpec>>,
  Y = unknown,
  P = unknown,
> {
  readonly kind: "multiAsset";
  /** Unique in the code location. */
  readonly name: string;
  /** Its assets, by the name of the output. */
  readonly outputs: { readonly [N in keyof O]: Asset<O[N]["key"], ValueOfOutput<Y, N>, P> };
  readonly "~definition": ErasedMultiAsset;
}

interface ErasedMultiAsset extends ExecutionOptions {
  readonly outputs: Readonly<Record<string, { readonly asset: Asset<string, unknown>; readonly required: boolean }>>;
  readonly subset: boolean;
  readonly requires: readonly AnyResource[];
  readonly inputs: Readonly<Record<string, Input>>;
  readonly partitions: Partitions | undefined;
  readonly config: StandardSchemaV1 | undefined;
  readonly site: DefinitionSite | undefined;
  run(context: unknown): unknown;
}

/**
 * Defines several assets made by one function.
 *
 * @example
 * export const split = defineMultiAsset({
 *   name: "split",
 *   outputs: { even: { key: "split/even" }, odd: { key: "split/odd" } },
 *   subset: true,
 *   async *run({ selected }) {
 *     if (selected.has("even")) yield { output: "even", value: [2, 4] };
 *     if (selected.has("odd")) yield { output: "odd", value: [1, 3] };
 *   },
 * });
 */
export function defineMultiAsset<
  const O extends Readonly<Record<string, OutputSpec>>,
  const R extends readonly AnyResource[] = [],
  I extends Readonly<Record<string, Input>> = NoInputs,
  P extends Partitions | undefined = undefined,
  C extends StandardSchemaV1 | undefined = undefined,
  Y extends MultiOutput<keyof O & string> = MultiOutput<keyof O & string>,
>(options: MultiAssetOptions<O, R, I, P, C, Y>): MultiAsset<O, Y, P> {
  checkOptions(options, MULTI, {
    call: "defineMultiAsset",
    definer: defineMultiAsset,
    what: "Multi-asset",
    needs: ["name", "outputs", "run"],
  });
  const site = captureSite(defineMultiAsset);
  const { requires = [], inputs = {} } = options;
  const run = (context: unknown): unknown => options.run(context as MultiContext<R, I, P, C, keyof O & string, BackfillOf<O>>);
  const shared = {
    requires,
    inputs,
    partitions: options.partitions,
    config: options.config,
    site,
    retry: options.retry,
    timeout: options.timeout,
    idleTimeout: options.idleTimeout,
    pool: options.pool,
  };
  const outputs = Object.fromEntries(
    Object.entries<OutputSpec>(options.outputs).map(([name, spec]) => {
      const asset = createAsset(spec.key, {
        ...spec,
        ...shared,
        sourceText: options.run.toString(),
        multi: options.name,
        ownChecks: [],
        run,
      });
      return [name, { asset, required: spec.required ?? true }];
    }),
  );
  return {
    kind: "multiAsset",
    name: options.name,
    outputs: Object.fromEntries(Object.entries(outputs).map(([name, { asset }]) => [name, asset])) as unknown as MultiAsset<
      O,
      Y,
      P
    >["outputs"],
    "~definition": { ...shared, outputs, subset: options.subset ?? false, run },
  };
}
