/** Asset checks with a function of their own: they run as a step after the asset. */
import type { CheckSeverity } from "@headgate/shared/domain/run/event.ts";
import type { BaseContext } from "./base-context.ts";
import type { AutomationOption } from "../options/automation.ts";
import { checkOptions, type OptionRules } from "../options/check-options.ts";
import { AUTOMATION, EXECUTION } from "../options/common-rules.ts";
import { captureSite, type DefinitionSite } from "../options/definition-site.ts";
import { deprecated, oldCall } from "../options/deprecated.ts";
import type { Duration } from "../options/duration.ts";
import type { AnyResource, ResourceMap } from "./resource.ts";
import type { CheckResult } from "../values/result.ts";
import type { RetryPolicy } from "../options/retry-policy.ts";

/** What `run` of a check receives. */
export type CheckContext<R extends readonly AnyResource[], T> = BaseContext & {
  /** Key of the checked asset. */
  readonly asset: string;
  /** The checked partition; null when the asset has no partitions. */
  readonly partition: { readonly key: string } | null;
  /** Values of the resources in `requires`, by key. */
  readonly resources: ResourceMap<R>;
  /** The asset's stored output value. */
  readonly loadValue: () => Promise<T>;
};

/** Options of `asset.check`. */
export interface CheckOptions<R extends readonly AnyResource[], T> {
  /** Unique among the checks of the asset. */
  readonly name: string;
  /** Shown in the dashboard. */
  readonly description?: string | undefined;
  /** True: downstream steps of the same run wait for it, and do not run when it fails with severity `error`. Default false. */
  readonly blocking?: boolean | undefined;
  /** Severity of a failed result that does not name one. Default `error`. */
  readonly severity?: CheckSeverity | undefined;
  /** Resources that `run` uses. Default: none. */
  readonly requires?: R | undefined;
  /** When a failed step is tried again. Default: the policy of the job, else no retry. */
  readonly retry?: RetryPolicy | undefined;
  /** Time limit of one attempt. Default: none. */
  readonly timeout?: Duration | undefined;
  /** Time after which an attempt that reports nothing, not even a log line, fails. Default: none. */
  readonly idleTimeout?: Duration | undefined;
  /** Steps of a pool share its slots; `pools` of the code location says how many there are. Default: no pool. */
  readonly pool?: string | undefined;
  /** When it is evaluated automatically. Default: only after its asset was made. */
  readonly automation?: AutomationOption | undefined;
  /** Evaluates the check: `true`, `false`, or a `checkResult(...)` that says more. */
  run(context: CheckContext<R, T>): CheckResult | boolean | Promise<CheckResult | boolean>;
}

/** Options of `defineAssetCheck`. */
export interface AssetCheckOptions<R extends readonly AnyResource[]> extends CheckOptions<R, unknown> {
  /** The checked asset, or its key. */
  readonly asset: string | { readonly key: string };
}

export const CHECK_SPEC: OptionRules<CheckSpec> = { description: "text", blocking: "boolean", severity: { oneOf: ["warn", "error"] } };

export const CHECK: OptionRules<AssetCheckOptions<[]>> = {
  ...CHECK_SPEC,
  ...EXECUTION,
  asset: ["text", "object"],
  name: "text",
  requires: "any",
  automation: AUTOMATION,
  run: "function",
};

/** Made by `asset.check(...)`, which belongs to its asset and needs no registration of its own, or by `defineAssetCheck(...)`. */
export interface AssetCheck {
  readonly kind: "assetCheck";
  /** Key of the checked asset. */
  readonly asset: string;
  /** Unique among the checks of the asset. */
  readonly name: string;
  readonly "~definition": ErasedCheck;
}

interface ErasedCheck {
  readonly description: string | undefined;
  readonly blocking: boolean;
  readonly severity: CheckSeverity;
  readonly requires: readonly AnyResource[];
  readonly retry: RetryPolicy | undefined;
  readonly timeout: Duration | undefined;
  readonly idleTimeout: Duration | undefined;
  readonly pool: string | undefined;
  readonly automation: AutomationOption | undefined;
  readonly site: DefinitionSite | undefined;
  run(context: CheckContext<readonly AnyResource[], unknown>): CheckResult | boolean | Promise<CheckResult | boolean>;
}

export function createCheck<R extends readonly AnyResource[], T>(
  target: { readonly asset: string; readonly site: DefinitionSite | undefined },
  options: CheckOptions<R, T>,
): AssetCheck {
  return {
    kind: "assetCheck",
    asset: target.asset,
    name: options.name,
    "~definition": {
      description: options.description,
      blocking: options.blocking ?? false,
      severity: options.severity ?? "error",
      requires: options.requires ?? [],
      retry: options.retry,
      timeout: options.timeout,
      idleTimeout: options.idleTimeout,
      pool: options.pool,
      automation: options.automation,
      site: target.site,
      run: (context) => options.run(context as CheckContext<R, T>),
    },
  };
}

/**
 * Defines a check of an asset that is not defined in TypeScript, e.g. a dbt model. List it in `assets` of the code location.
 *
 * @example
 * export const ordersNotEmpty = defineAssetCheck({
 *   asset: "gold/fct_orders",
 *   name: "not_empty",
 *   requires: [duckdb],
 *   run: async ({ resources }) => (await resources.duckdb.scalar("select count(*) from gold.fct_orders")) > 0,
 * });
 */
export function defineAssetCheck<const R extends readonly AnyResource[] = []>(options: AssetCheckOptions<R>): AssetCheck;
/** @deprecated Write `defineAssetCheck({ asset, name, ... })`. */
export function defineAssetCheck<const R extends readonly AnyResource[] = []>(
  asset: string,
  name: string,
  options: Omit<CheckOptions<R, unknown>, "name">,
): AssetCheck;
export function defineAssetCheck<const R extends readonly AnyResource[]>(
  first: AssetCheckOptions<R> | string,
  name?: string,
  others?: Omit<CheckOptions<R, unknown>, "name">,
): AssetCheck {
  const site = captureSite(defineAssetCheck);
  if (typeof first === "object") {
    checkOptions(first, CHECK, { call: "defineAssetCheck", definer: defineAssetCheck, what: "Check", needs: ["asset", "name", "run"] });
    return createCheck({ asset: typeof first.asset === "string" ? first.asset : first.asset.key, site }, first);
  }
  if (name === undefined || others === undefined)
    throw new TypeError(
      `defineAssetCheck("${first}") has no name or no options. Write defineAssetCheck({ asset: "${first}", name, run }).`,
    );
  deprecated(oldCall("defineAssetCheck", { site, identity: { asset: first, name }, options: others }));
  return createCheck({ asset: first, site }, { ...others, name });
}

/** A check whose result the asset itself returns: declared so that it is listed before the first run and may be blocking. */
export interface CheckSpec {
  /** Shown in the dashboard. */
  readonly description?: string | undefined;
  /** True: downstream steps of the same run wait for it, and do not run when it fails with severity `error`. Default false. */
  readonly blocking?: boolean | undefined;
  /** Severity of a failed result that does not name one. Default `error`. */
  readonly severity?: CheckSeverity | undefined;
}
