/** What user functions return or yield: materializations and check results. */
import type { CheckSeverity } from "@headgate/shared/domain/run/event.ts";
import type { MetadataRecord } from "./metadata.ts";

/** Made by `materialization()`. */
export interface Materialization<T = unknown> {
  readonly kind: "materialization";
  /** Key of the asset; undefined for the step's own. */
  readonly asset: string | undefined;
  /** One of the partitions that the run makes; undefined for all of them. */
  readonly partition: string | undefined;
  /** The output value. */
  readonly value: T;
  /** Whether `value` was given: only then is a value stored. */
  readonly hasValue: boolean;
  /** Facts about the data, shown in the dashboard. */
  readonly metadata: MetadataRecord;
  /** Results of the asset's checks. */
  readonly checks: readonly CheckResult[];
  /** Identifies the data's content; undefined when none was given. */
  readonly dataVersion: string | undefined;
}

/** Options of `materialization`. */
export interface MaterializationOptions<T> {
  /** Needed only where one function materializes several assets. */
  readonly asset?: string | undefined;
  /**
   * Key of one of the partitions that the run makes (`partition.each`), where a run makes several and each has a value of its own. Every
   * one must then be reported. Default: all partitions of the run.
   */
  readonly partition?: string | undefined;
  /** The output: stored through the IO manager, for assets that name this one in `inputs`. */
  readonly value?: T | undefined;
  /** Facts about the data, shown in the dashboard. The names `row_count` and `columns` have a place of their own there. */
  readonly metadata?: MetadataRecord | undefined;
  /** Results of the checks that the asset declares in `checks`. */
  readonly checks?: readonly CheckResult[] | undefined;
  /** Identifies the data's content; equal versions mean that nothing changed. */
  readonly dataVersion?: string | undefined;
}

/**
 * Reports that an asset was materialized, with metadata, check results and an output value.
 *
 * @example
 * return materialization({ metadata: { row_count: 1200 }, checks: [checkResult({ passed: true })] });
 */
export function materialization<T = undefined>(options: MaterializationOptions<T> = {}): Materialization<T> {
  return {
    kind: "materialization",
    asset: options.asset,
    partition: options.partition,
    value: options.value as T,
    hasValue: options.value !== undefined,
    metadata: options.metadata ?? {},
    checks: options.checks ?? [],
    dataVersion: options.dataVersion,
  };
}

/** Made by `observation()`. */
export interface Observation {
  readonly kind: "observation";
  /** Key of the asset; undefined for the step's own. */
  readonly asset: string | undefined;
  /** Facts about what was seen, shown in the dashboard. */
  readonly metadata: MetadataRecord;
  /** Identifies the data's content; undefined when none was given. */
  readonly dataVersion: string | undefined;
}

/** Options of `observation`. */
export interface ObservationOptions {
  /** Another asset than the one of the step, e.g. a source that the function observed. Default: the asset of the step. */
  readonly asset?: string | { readonly key: string } | undefined;
  /** Facts about what was seen, shown in the dashboard. */
  readonly metadata?: MetadataRecord | undefined;
  /** Identifies the data's content; equal versions mean that nothing changed. */
  readonly dataVersion?: string | undefined;
}

/**
 * Reports what was observed of an asset, without making it.
 *
 * @example
 * return observation({ dataVersion: etag, metadata: { size: bytes } });
 */
export function observation(options: ObservationOptions = {}): Observation {
  const { asset, metadata = {}, dataVersion } = options;
  return { kind: "observation", asset: typeof asset === "object" ? asset.key : asset, metadata, dataVersion };
}

/** Made by `checkResult()`. */
export interface CheckResult {
  readonly kind: "checkResult";
  /** Name of the check; undefined when the asset has only one. */
  readonly name: string | undefined;
  /** Key of the checked asset; undefined for the step's own. */
  readonly asset: string | undefined;
  /** Whether the data is as it should be. */
  readonly passed: boolean;
  /** Severity of a failure; undefined for that of the check's definition. */
  readonly severity: CheckSeverity | undefined;
  /** What was found. */
  readonly description: string | undefined;
  /** Facts about the result, shown in the dashboard. */
  readonly metadata: MetadataRecord;
}

/** Options of `checkResult`. */
export interface CheckResultOptions {
  /** Whether the data is as it should be. */
  readonly passed: boolean;
  /** Needed where an asset has several checks. */
  readonly name?: string | undefined;
  /** Needed only where one function checks several assets. */
  readonly asset?: string | undefined;
  /** Only `error` (the default) can stop downstream steps, and only when the check is declared blocking. */
  readonly severity?: CheckSeverity | undefined;
  /** What was found, in a sentence for people. */
  readonly description?: string | undefined;
  /** Facts about the result, shown in the dashboard. */
  readonly metadata?: MetadataRecord | undefined;
}

/**
 * The result of an asset check, from inside an asset or from `asset.check(...)`.
 *
 * @example
 * return checkResult({ passed: nulls === 0, severity: "warn", description: `${nulls} rows without e-mail` });
 */
export function checkResult(options: CheckResultOptions): CheckResult {
  return {
    kind: "checkResult",
    name: options.name,
    asset: options.asset,
    passed: options.passed,
    severity: options.severity,
    description: options.description,
    metadata: options.metadata ?? {},
  };
}

/** The output value behind what a `run` function returns. */
export type OutputOf<R> =
  R extends PromiseLike<infer X>
    ? OutputOf<X>
    : R extends AsyncGenerator<infer Y, infer Z> | Generator<infer Y, infer Z>
      ? Plain<Y> | Plain<Z> extends never
        ? undefined
        : Plain<Y> | Plain<Z>
      : R extends readonly (infer E)[]
        ? OutputOfList<R, E>
        : Fallback<Plain<R>>;
/** A list with results is read as results; any other list is the value. */
type OutputOfList<R, E> = Extract<E, AnyResult> extends never ? R : Fallback<Plain<Extract<E, AnyResult>>>;
type AnyResult = Materialization | CheckResult | Observation;
type Plain<X> = X extends Materialization<infer T> ? T : X extends CheckResult | Observation ? never : X extends void ? never : X;
type Fallback<X> = [X] extends [never] ? undefined : X;

export function isMaterialization(value: unknown): value is Materialization {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "materialization" && "hasValue" in value;
}

export function isObservation(value: unknown): value is Observation {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "observation" && "dataVersion" in value;
}

export function isCheckResult(value: unknown): value is CheckResult {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "checkResult" && "passed" in value;
}
