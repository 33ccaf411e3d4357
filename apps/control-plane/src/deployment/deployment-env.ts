/** What a deployment's object uses of the Worker's bindings. */

export interface DeploymentEnv {
  /** The directory. */
  readonly DB: D1Database;
  /** `1` in tests: answers of procedures are checked against their schemas. */
  readonly CHECK_ANSWERS?: string;
}
