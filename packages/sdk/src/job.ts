/** Jobs: named selections of assets. */
import type { RetryPolicy } from "@headgate/shared/domain/run/retry-policy.ts";
import { captureSite, type DefinitionSite } from "./definition-site.ts";
import type { RunConfig } from "./run-request.ts";
import type { SelectionBuilder } from "./select.ts";

export interface JobOptions {
  /** Text (`*`, `group:"bronze"`, `stg_customers+`) or a `select...` value. */
  readonly selection: string | SelectionBuilder;
  readonly description?: string | undefined;
  /** Tags of its runs. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /** Default configuration of its runs. */
  readonly config?: RunConfig | undefined;
  /** Retry of whole runs. */
  readonly retry?: RetryPolicy | undefined;
  /** Time limit of a run, in seconds. */
  readonly timeout?: number | undefined;
}

/** Made by `defineJob()`. */
export interface Job {
  readonly kind: "job";
  readonly name: string;
  readonly "~definition": JobOptions & { readonly site: DefinitionSite | undefined };
}

/**
 * Defines a job: assets that are run together under a name.
 *
 * @example
 * export const bronzeRefresh = defineJob("bronze_refresh", { selection: select.groups("bronze") });
 */
export function defineJob(name: string, options: JobOptions): Job {
  return { kind: "job", name, "~definition": { ...options, site: captureSite(defineJob) } };
}
