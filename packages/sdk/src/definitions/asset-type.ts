/** What assets, external assets, inputs and dependencies are. They name each other, so they stand together. */
import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { AutomationOption, FreshnessPolicy } from "../options/automation.ts";
import type { DefinitionSite } from "../options/definition-site.ts";
import type { Duration } from "../options/duration.ts";
import type { PartitionMapping, Partitions } from "../options/partitions.ts";
import type { RetryPolicy } from "../options/retry-policy.ts";
import type { MetadataRecord, TableColumn } from "../values/metadata.ts";
import type { AssetCheck, CheckOptions, CheckSpec } from "./check.ts";
import type { IoManager } from "./io-manager.ts";
import type { AnyResource } from "./resource.ts";

/** Options that describe one asset, whatever makes it. */
export interface AssetDescription {
  /** Name of its group in the lineage. Default `default`. */
  readonly group?: string | undefined;
  /** Shown in the dashboard; Markdown. */
  readonly description?: string | undefined;
  /** E-mail addresses or `team:<name>`. */
  readonly owners?: readonly string[] | undefined;
  /** Shown in the dashboard, and selected with `tag:name=value`. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /** Up to ten technologies, shown as icons: `trino`, `duckdb`, `parquet`... */
  readonly kinds?: readonly string[] | undefined;
  /** Changes when the logic changes. Default: a hash of the function's text. */
  readonly codeVersion?: string | undefined;
  /** Facts about the asset that do not change from run to run. */
  readonly metadata?: MetadataRecord | undefined;
  /** Its columns, where they are known before the first run. */
  readonly columns?: readonly TableColumn[] | undefined;
  /** Upstream assets without a value. */
  readonly deps?: readonly Dep[] | undefined;
  /** Checks whose results `run` returns. */
  readonly checks?: Readonly<Record<string, CheckSpec>> | undefined;
  /** Where its value is kept. Default: that of the code location, else files in the agent's storage folder. */
  readonly ioManager?: IoManager | undefined;
  /** When it is materialized automatically. Default: never. */
  readonly automation?: AutomationOption | undefined;
  /** How old it may be. Default: any age. */
  readonly freshness?: FreshnessPolicy | undefined;
  /** How many adjacent partitions one run of a backfill takes; `"all"`: as many as there are. Default 1. */
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
  /** Steps of a pool share its slots; `pools` of the code location says how many there are. Default: no pool. */
  readonly pool?: string | undefined;
}

/** `asset.check`; `T` is the type of the asset's value. */
export interface DefineCheck<T> {
  /** Adds a check to the asset. */
  <const R extends readonly AnyResource[] = []>(options: CheckOptions<R, T>): AssetCheck;
  /** @deprecated Write `asset.check({ name, ... })`. */
  <const R extends readonly AnyResource[] = []>(name: string, options: Omit<CheckOptions<R, T>, "name">): AssetCheck;
}

/** Made by `defineAsset()`. `T` is the type of its output value, of each partition; `P` is the type of its partitions. */
export interface Asset<K extends string = string, T = unknown, P = unknown> {
  readonly kind: "asset";
  /** Segments joined with '/': `silver/dim_customer`. */
  readonly key: K;
  /** Carries the value's type only. */
  readonly "~value"?: T;
  /** Carries the type of its partitions only. */
  readonly "~partitions"?: P;
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
  /** Its function observes it instead of making it. */
  readonly observable?: boolean | undefined;
  /** Set for an output of a multi-asset: the multi-asset's name. */
  readonly multi?: string | undefined;
  /** Checks added with `asset.check(...)`. */
  readonly ownChecks: AssetCheck[];
  run(context: unknown): unknown;
}

export type AnyAsset = Asset<string, unknown>;

/** Made by `allPartitions()`. */
export interface AllPartitions<T = unknown> {
  readonly kind: "allPartitions";
  /** The partitioned upstream. */
  readonly asset: Asset<string, T>;
}
/** Made by `lastPartition()`. */
export interface LastPartition<T = unknown> {
  readonly kind: "lastPartition";
  /** The partitioned upstream. */
  readonly asset: Asset<string, T>;
}

/** An upstream whose value is passed to `run`. */
export type Input = AnyAsset | AllPartitions | LastPartition | MappedInput;
/** Made by `dep()`. */
export interface Dependency {
  readonly kind: "dependency";
  /** Key of the upstream asset. */
  readonly key: string;
  /** Which of its partitions are meant. */
  readonly mapping: PartitionMapping;
}
/** Made by `dep()` of an asset: a dependency that can also stand in `inputs`. */
export interface MappedInput<A extends AnyAsset = AnyAsset, M extends PartitionMapping = PartitionMapping> extends Dependency {
  /** The upstream asset. */
  readonly asset: A;
  readonly mapping: M;
}
/** An upstream without a value: an asset, an external asset, a key or `dep(...)`. */
export type Dep = string | AnyAsset | SourceAsset | Dependency;

/** Options of `defineSourceAsset`. */
export interface SourceAssetOptions<K extends string = string> {
  /** Segments joined with '/': `airbyte/customers`. Unique in the code location. */
  readonly key: K;
  /** Shown in the dashboard; Markdown. */
  readonly description?: string | undefined;
  /** Name of its group in the lineage. Default `default`. */
  readonly group?: string | undefined;
  /** E-mail addresses or `team:<name>`. */
  readonly owners?: readonly string[] | undefined;
  /** Shown in the dashboard, and selected with `tag:name=value`. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /** What it is made of, shown as icons: `airbyte`, `s3`, `tableau`... */
  readonly kinds?: readonly string[] | undefined;
  /** Where a person finds it. */
  readonly url?: string | undefined;
  /** Facts about the asset that do not change. */
  readonly metadata?: MetadataRecord | undefined;
  /** Its columns, where they are known. */
  readonly columns?: readonly TableColumn[] | undefined;
  /** Upstream assets, e.g. the tables behind a dashboard. */
  readonly deps?: readonly Dep[] | undefined;
  /** How the asset is divided. Default: not at all. */
  readonly partitions?: Partitions | undefined;
  /** How old its last reported materialization may be. Default: any age. */
  readonly freshness?: FreshnessPolicy | undefined;
}

/** Made by `defineSourceAsset()`. */
export interface SourceAsset<K extends string = string> {
  readonly kind: "sourceAsset";
  /** Segments joined with '/'. */
  readonly key: K;
  readonly "~definition": Omit<SourceAssetOptions, "key"> & { readonly site: DefinitionSite | undefined };
}
