/** Jobs: named selections of assets. */
import { checkOptions, type OptionRules } from "../options/check-options.ts";
import { RETRY } from "../options/common-rules.ts";
import { captureSite, type DefinitionSite } from "../options/definition-site.ts";
import { deprecated, oldCall } from "../options/deprecated.ts";
import type { Duration } from "../options/duration.ts";
import type { RetryPolicy } from "../options/retry-policy.ts";
import type { RunConfig } from "./run-config.ts";
import type { SelectionBuilder } from "../options/select.ts";

/** When a failed run is followed by a new one. */
export interface RunRetryOptions {
  /** New runs after the first one, 0 to 20. */
  readonly maxRetries: number;
  /** Default `from_failure`. */
  readonly strategy?: "from_failure" | "all" | undefined;
  /** Time before the new run, at most one day. Default: none. */
  readonly delay?: Duration | undefined;
  /** `crashes`: only when an agent or worker was lost, not when user code failed. Default `any`. */
  readonly on?: "any" | "crashes" | undefined;
}

/** Options of `defineJob`. */
export interface JobOptions {
  /** 1 to 200 characters; unique in the code location. */
  readonly name: string;
  /** Text (`*`, `group:"bronze"`, `stg_customers+`) or a `select...` value. */
  readonly selection: string | SelectionBuilder;
  /** Shown in the dashboard. */
  readonly description?: string | undefined;
  /** Tags of its runs. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /** Default configuration of its runs. */
  readonly config?: RunConfig | undefined;
  /** Retry policy of its steps that have none of their own. */
  readonly retry?: RetryPolicy | undefined;
  /** What happens when a run of it fails: a new run, from the failed steps on or of everything. */
  readonly runRetry?: RunRetryOptions | undefined;
  /** Higher starts earlier. Default 0. */
  readonly priority?: number | undefined;
  /** Time limit of a run. Default: none. */
  readonly timeout?: Duration | undefined;
}

const JOB: OptionRules<JobOptions> = {
  name: "any",
  selection: ["text", "object"],
  description: "text",
  tags: "object",
  config: "object",
  retry: { options: RETRY },
  runRetry: {
    options: {
      maxRetries: "number",
      strategy: { oneOf: ["from_failure", "all"] },
      delay: "duration",
      on: { oneOf: ["any", "crashes"] },
    } satisfies OptionRules<RunRetryOptions>,
  },
  priority: "number",
  timeout: "duration",
};

/** Made by `defineJob()`. */
export interface Job {
  readonly kind: "job";
  /** Unique in the code location. */
  readonly name: string;
  readonly "~definition": Omit<JobOptions, "name"> & { readonly site: DefinitionSite | undefined };
}

/**
 * Defines a job: assets that are run together under a name.
 *
 * @example
 * export const bronzeRefresh = defineJob({ name: "bronze_refresh", selection: select.groups("bronze") });
 */
export function defineJob(options: JobOptions): Job;
/** @deprecated Write `defineJob({ name, ... })`. */
export function defineJob(name: string, options: Omit<JobOptions, "name">): Job;
export function defineJob(first: JobOptions | string, others?: Omit<JobOptions, "name">): Job {
  const site = captureSite(defineJob);
  if (typeof first === "object") {
    checkOptions(first, JOB, { call: "defineJob", definer: defineJob, what: "Job" });
    const { name, ...options } = first;
    return { kind: "job", name, "~definition": { ...options, site } };
  }
  // Code without a type checker may leave anything out; indexing reports it.
  const options = others ?? ({} as Omit<JobOptions, "name">);
  if (typeof first === "string") deprecated(oldCall("defineJob", { site, identity: { name: first }, options }));
  return { kind: "job", name: first, "~definition": { ...options, site } };
}
