/** Rules of the options that several definitions have, see `check-options.ts`. */
import type { OptionRules } from "./check-options.ts";
import type { RetryPolicy } from "./retry-policy.ts";

export const RETRY: OptionRules<RetryPolicy> = {
  maxRetries: "number",
  delay: "duration",
  delaySeconds: "number",
  backoff: { oneOf: ["none", "linear", "exponential"] },
  jitter: { oneOf: ["none", "full", "plus_minus"] },
};

export const DEFAULT_STATUS = { oneOf: ["running", "stopped"] } as const;
/** A value, or `{ env: "NAME" }`. */
export const SETTING = ["text", "object"] as const;
/** A condition, or an object that holds one. */
export const AUTOMATION = "object";

/** The rules of `ExecutionOptions`. */
export const EXECUTION = {
  retry: { options: RETRY },
  timeout: "duration",
  idleTimeout: "duration",
  pool: "text",
} as const;
