/** What a deployment's object uses of the Worker's bindings. */

export interface DeploymentEnv {
  /** The directory. */
  readonly DB: D1Database;
  /** "1" in tests: each answer is compared with its schema. */
  readonly CHECK_ANSWERS?: string | undefined;
}
