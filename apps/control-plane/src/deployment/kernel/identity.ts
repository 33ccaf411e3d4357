/** The identity of the deployment. The Worker supplies it, because a Durable Object does not know its own name. */

export interface DeploymentIdentity {
  readonly id: string;
  readonly org: string;
  readonly name: string;
}
