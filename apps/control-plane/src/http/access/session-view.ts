/** Who I am and which deployments I reach: the answer of GET /api/v1/session. */
import type { SessionView } from "@headgate/shared/contract/access/session.ts";
import { AppError } from "@headgate/shared/domain/errors.ts";
import type { Directory } from "../../directory/database.ts";
import { deploymentById, deploymentsOf } from "../../directory/deployments.ts";
import { membershipsOf } from "../../directory/members.ts";
import type { Session } from "../../directory/sessions.ts";
import type { Principal } from "../app-env.ts";
import { agentTokenRefused } from "./refusals.ts";
import { highestRole, lowerRole } from "@headgate/shared/domain/access/role.ts";

/** `organization`: a slug, for people who belong to several; without it the first one they joined. */
export async function sessionView(directory: Directory, principal: Principal, organization: string | undefined): Promise<SessionView> {
  switch (principal.kind) {
    case "agent":
      throw agentTokenRefused();
    case "api": {
      const place = await deploymentById(directory, principal.token.deploymentId);
      if (!place || (organization !== undefined && organization !== place.org)) throw noOrganization(organization);
      return {
        user: { name: principal.token.name, email: null },
        organization: { slug: place.org, name: place.orgName },
        deployments: [{ name: place.name, role: principal.token.role }],
      };
    }
    case "session":
      return personView(directory, principal.session, organization);
  }
}

async function personView(directory: Directory, session: Session, organization: string | undefined): Promise<SessionView> {
  const memberships = await membershipsOf(directory, session.person.id);
  const bound = session.deploymentId === null ? null : await deploymentById(directory, session.deploymentId);
  const chosen = memberships.find(
    (one) => (bound ? one.org === bound.org : true) && (organization === undefined || one.org === organization),
  );
  if (!chosen) throw noOrganization(organization);
  const deployments = await deploymentsOf(directory, chosen.organizationId);
  return {
    user: { name: session.person.name, email: session.person.email },
    organization: { slug: chosen.org, name: chosen.orgName },
    deployments: deployments.flatMap((place) => {
      if (session.deploymentId !== null && place.id !== session.deploymentId) return [];
      const here = memberships.filter(
        (one) => one.organizationId === place.organizationId && (one.deploymentId === null || one.deploymentId === place.id),
      );
      const role = highestRole(here.map((one) => one.role));
      return role ? [{ name: place.name, role: lowerRole(role, session.maxRole) }] : [];
    }),
  };
}

function noOrganization(slug: string | undefined): AppError {
  return new AppError(
    "not_found",
    slug === undefined ? "you belong to no organization" : `there is no organization '${slug}', or you are not a member of it`,
  );
}
