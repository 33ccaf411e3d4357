/** The Worker bindings that a deployment's object uses. */

export interface DeploymentEnv {
  /** The database of the directory. */
  readonly DB: D1Database;
}
