/** What a deployment's object uses of the Worker's bindings. */

export interface DeploymentEnv {
  /** The directory. */
  readonly DB: D1Database;
}
