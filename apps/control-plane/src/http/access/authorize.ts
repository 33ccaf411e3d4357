/** May they? `needs(role)` guards every route under `/api/:org/:dep`, `needsAgent` every route of agents. Foreign deployments look like missing ones. */
import { createMiddleware } from "hono/factory";
import type { Actor } from "@headgate/shared/contract/access/actor.ts";
import type { Role } from "@headgate/shared/domain/access/role.ts";
import { AppError } from "@headgate/shared/domain/errors.ts";
import type { Directory } from "../../directory/database.ts";
import { deploymentById, findDeployment, type DeploymentPlace } from "../../directory/deployments.ts";
import { rolesAt } from "../../directory/members.ts";
import type { AppContext, AppEnv, Principal } from "../app-env.ts";
import { authenticate } from "./authenticate.ts";
import { deploymentStub } from "../deployment-stub.ts";
import { countCalls } from "./call-rate.ts";
import { agentTokenRefused, apiTokenRefused, deploymentMissing, podRefused, roleMissing } from "./refusals.ts";
import { checkNoOrigin } from "./origin.ts";
import { highestRole, lowerRole, roleIncludes } from "@headgate/shared/domain/access/role.ts";

type Caller = Exclude<Principal, { kind: "agent" }>;

export function needs(role: Role) {
  return createMiddleware<AppEnv>(async (c, next) => {
    const named = { org: c.req.param("org") ?? "", name: c.req.param("dep") ?? "" };
    // At once, because each is a round trip to the directory; the credentials are judged first.
    const [principal, place] = await Promise.all([authenticate(c), findDeployment(c.get("directory"), named.org, named.name)]);
    c.set("place", place ?? undefined);
    if (principal.kind === "agent") throw agentTokenRefused();
    const only = principal.kind === "api" ? principal.token.deploymentId : principal.session.deploymentId;
    if (!place || (only !== null && only !== place.id))
      throw deploymentMissing(`${named.org}/${named.name}`, principal.kind === "api" ? "token" : "person");
    // What only editors may do is publishing, which sends thousands of files.
    if (role === "viewer") countCalls(principal, c.get("directory").now());
    const actor = await actorAt(c.get("directory"), principal, place);
    if (!roleIncludes(actor.role, role)) {
      throw roleMissing(`${c.req.method} ${c.req.path}`, role, actor);
    }
    c.set("access", { principal, place, actor, deployment: await deploymentStub(c.env, place) });
    await next();
  });
}

/** For agents that take work from the queue. */
export const needsAgent = createMiddleware<AppEnv>(async (c, next) => {
  await admitAgent(c);
  if (c.get("agent").attempt) throw podRefused(`${c.req.method} ${c.req.path}`);
  await next();
});

/** Also for a pod with the token of its attempt. The route looks at what of it the pod may have. */
export const needsAgentOrPod = createMiddleware<AppEnv>(async (c, next) => {
  await admitAgent(c);
  await next();
});

async function admitAgent(c: AppContext): Promise<void> {
  const principal = await authenticate(c);
  if (principal.kind !== "agent") throw apiTokenRefused();
  checkNoOrigin(c);
  countCalls(principal, c.get("directory").now());
  const place = await deploymentById(c.get("directory"), principal.token.deploymentId);
  if (!place) throw new AppError("not_found", "the token's deployment does not exist any more");
  const { token, attempt } = principal;
  c.set("agent", { token, attempt, place, deployment: await deploymentStub(c.env, place) });
}

/** The principal as the deployment sees it; 404 for those who have no role there. */
async function actorAt(directory: Directory, principal: Caller, place: DeploymentPlace): Promise<Actor> {
  switch (principal.kind) {
    case "api":
      return { kind: "token", name: principal.token.name, role: principal.token.role };
    case "session": {
      const { person, maxRole } = principal.session;
      const role = highestRole(await rolesAt(directory, person.id, place));
      if (!role) throw deploymentMissing(`${place.org}/${place.name}`, "person");
      return { kind: "user", name: person.email ?? person.name, role: lowerRole(role, maxRole) };
    }
  }
}
