/** How often and how late a failed step is tried again, as users write it. */
import type { RetryPolicy as ManifestRetryPolicy } from "@headgate/shared/domain/run/retry-policy.ts";
import type { DefinitionSite } from "./definition-site.ts";
import { deprecated } from "./deprecated.ts";
import { type Duration, secondsIn } from "./duration.ts";

/**
 * When a failed step is tried again.
 *
 * @example
 * retry: { maxRetries: 3, delay: "10s", backoff: "exponential", jitter: "full" }
 */
export interface RetryPolicy {
  /** Attempts after the first one, 0 to 100; 0 means none. */
  readonly maxRetries: number;
  /** Time before the first retry, at most one day. Default: no delay. */
  readonly delay?: Duration | undefined;
  /**
   * The delay in seconds.
   *
   * @deprecated Use `delay`.
   */
  readonly delaySeconds?: number | undefined;
  /** How the delay grows: not (`none`), 1, 2, 3, ... times (`linear`) or 1, 3, 7, ... times (`exponential`). Default `none`. */
  readonly backoff?: "none" | "linear" | "exponential" | undefined;
  /** Spreads retries: `full` waits a random part of the delay, `plus_minus` adds or subtracts up to `delay`. Default `none`. */
  readonly jitter?: "none" | "full" | "plus_minus" | undefined;
}

/** Where a policy stands, for messages. */
export interface RetryPlace {
  readonly site: DefinitionSite | undefined;
  readonly report: (message: string) => void;
}

/** The policy as the manifest has it. */
export function retryInManifest(policy: RetryPolicy | undefined, { site, report }: RetryPlace): ManifestRetryPolicy | undefined {
  if (policy === undefined) return undefined;
  const { delay, delaySeconds, ...rest } = policy;
  if (delaySeconds !== undefined)
    deprecated({ site, old: `retry: { delaySeconds: ${delaySeconds} }`, use: `retry: { delay: ${delaySeconds} }` });
  const seconds = secondsIn(delay ?? delaySeconds, "retry.delay", report);
  return { ...rest, ...(seconds !== undefined && { delaySeconds: seconds }) };
}
