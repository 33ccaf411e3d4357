/** What handlers find on the context, and from whom. */
import type { Context } from "hono";
import type { Actor } from "@headgate/shared/contract/access/actor.ts";
import type { Role } from "@headgate/shared/domain/access/role.ts";
import type { DeploymentPlace } from "../directory/deployments.ts";
import type { Session } from "../directory/sessions.ts";
import type { KnownToken } from "../directory/tokens.ts";
import type { Directory } from "../directory/database.ts";
import type { DeploymentStub } from "../deployment/rpc.ts";
import type { AttemptAccess } from "../deployment/kernel/attempt-token.ts";
import type { Env } from "../env.ts";

/** Who sent the request, established from its credentials alone. */
export type Principal =
  | { readonly kind: "session"; readonly session: Session }
  | { readonly kind: "api"; readonly token: KnownToken & { readonly role: Role } }
  /** `attempt`: it is a pod that shows the token of one attempt; `token` is the agent token that it was made with. */
  | { readonly kind: "agent"; readonly token: KnownToken; readonly attempt: AttemptAccess | null };

/** What the principal may reach: one deployment, in one role. */
interface Access {
  readonly principal: Principal;
  readonly place: DeploymentPlace;
  readonly actor: Actor;
  readonly deployment: DeploymentStub;
}

interface AgentAccess {
  readonly token: KnownToken;
  /** The only attempt that the caller may speak of; null for an agent token. */
  readonly attempt: AttemptAccess | null;
  readonly place: DeploymentPlace;
  readonly deployment: DeploymentStub;
}

export interface AppEnv {
  Bindings: Env;
  Variables: {
    directory: Directory;
    /** Set once the credentials are known to be good. */
    principal: Principal | undefined;
    /** Set once the deployment of the address is known; says nothing about rights. */
    place: DeploymentPlace | undefined;
    /** Set by `needs(role)`. */
    access: Access;
    /** Set by `needsAgent` and `needsAgentOrPod`. */
    agent: AgentAccess;
  };
}
export type AppContext = Context<AppEnv>;
