/** The Worker bindings that a deployment's object uses. */

export interface DeploymentEnv {
  /** The database of the directory. */
  readonly DB: D1Database;
  /** "1" in tests: each answer is compared with its schema. */
  readonly CHECK_ANSWERS?: string | undefined;
}
