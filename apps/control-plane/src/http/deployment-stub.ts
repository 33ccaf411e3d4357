/** The way from a row of the directory to its durable object. */
import type { DeploymentPlace } from "../directory/deployments.ts";
import type { DeploymentStub } from "../deployment/rpc.ts";
import type { Env } from "../env.ts";

/** Objects that this isolate has told their own name; each keeps it in its storage, so telling once is enough. Bounded. */
const identified = new Set<string>();
const MAX_IDENTIFIED = 10_000;

export async function deploymentStub(env: Env, place: DeploymentPlace): Promise<DeploymentStub> {
  const stub = rawStub(env, place);
  // The platform's mapped RPC type turns `unknown` fields into `never`; `DeploymentStub` is what the class implements.
  const typed = stub as unknown as DeploymentStub;
  if (!identified.has(place.id)) {
    await typed.identify({ id: place.id, org: place.org, name: place.name });
    if (identified.size >= MAX_IDENTIFIED) identified.clear();
    identified.add(place.id);
  }
  return typed;
}

/** For forwarding sockets. */
export function rawStub(env: Env, place: DeploymentPlace): { fetch(request: Request): Promise<Response> } {
  return env.DEPLOYMENT.get(env.DEPLOYMENT.idFromName(place.id));
}
