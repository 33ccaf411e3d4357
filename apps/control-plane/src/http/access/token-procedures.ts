/** The procedures about tokens: the directory's rows of one deployment, and the object told when one is revoked. */
import { AppError } from "@headgate/shared/domain/errors.ts";
import type { DeploymentStub } from "../../deployment/rpc.ts";
import type { AuditActor } from "../../directory/audit.ts";
import type { Directory } from "../../directory/database.ts";
import type { DeploymentPlace } from "../../directory/deployments.ts";
import { sessionsOfToken } from "../../directory/sessions.ts";
import { createToken, listTokens, revokeToken } from "../../directory/tokens.ts";
import type { DirectoryProcedures } from "../../trpc/context.ts";

interface TokenScope {
  readonly directory: Directory;
  readonly place: DeploymentPlace;
  readonly deployment: Pick<DeploymentStub, "tokenRevoked">;
  readonly actor: AuditActor;
  /** The person who asks; a login link made with a new token signs them in. Null when the token that asks has no person behind it. */
  readonly userId: string | null;
}

export function tokenProcedures({ directory, place, deployment, actor, userId }: TokenScope): DirectoryProcedures {
  return {
    "tokens.list": () => listTokens(directory, place.id),
    "tokens.create"(input) {
      const role = input.kind === "api" ? (input.role ?? "viewer") : null;
      return createToken(directory, {
        place,
        name: input.name,
        kind: input.kind,
        role,
        expiresInDays: input.expiresInDays ?? null,
        userId,
        actor,
      });
    },
    async "tokens.revoke"({ id }) {
      const view = await revokeToken(directory, { place, id, actor });
      if (!view) throw new AppError("not_found", `this deployment has no token '${id}'`);
      for (const token of [id, ...(await sessionsOfToken(directory, id))]) await deployment.tokenRevoked({ token });
      return view;
    },
  };
}
