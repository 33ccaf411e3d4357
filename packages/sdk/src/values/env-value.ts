/** How settings of ready-made resources name environment variables, so that secrets stay in the cluster. */
import { NonRetryableError } from "./non-retryable-error.ts";
import type { Env } from "./log.ts";

/**
 * A setting: the text itself, or the environment variable of the agent that has it. Only the variable's name is published.
 *
 * @example
 * const region: EnvValue = { env: "S3_REGION", default: "garage" };
 */
export type EnvValue =
  | string
  | {
      /** Name of the environment variable. */
      readonly env: string;
      /** What counts when the variable is not set. Default: the step fails. */
      readonly default?: string | undefined;
    };

/** Names of the variables among some settings, for `env` of `defineResource`. */
export function envNames(settings: Readonly<Record<string, EnvValue | undefined>>): string[] {
  return Object.values(settings).flatMap((value) => (typeof value === "object" ? [value.env] : []));
}

/** `what` names the setting in the error: `secretAccessKey of resource "s3"`. */
export function readEnvValue(value: EnvValue, env: Env, what: string): string {
  if (typeof value === "string") return value;
  const text = env[value.env];
  if (text !== undefined && text !== "") return text;
  if (value.default !== undefined) return value.default;
  throw new NonRetryableError(`The environment variable ${value.env} is not set on the agent, but it is the ${what}. Set it there.`);
}
