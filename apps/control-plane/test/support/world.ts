/** Two organizations with every kind of credential, made with the directory's own functions. */
import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { Role } from "@headgate/shared/domain/access/role.ts";
import type { AuditActor } from "../../src/directory/audit.ts";
import { openDirectory, type Directory } from "../../src/directory/database.ts";
import { ensureDeployment, type DeploymentPlace } from "../../src/directory/deployments.ts";
import { ensureMember } from "../../src/directory/members.ts";
import { ensureOrganization } from "../../src/directory/organizations.ts";
import { createSession, SESSION_MS } from "../../src/directory/sessions.ts";
import { createToken, revokeToken } from "../../src/directory/tokens.ts";
import { ROLES } from "@headgate/shared/domain/access/role.ts";
import type { Credentials } from "./client.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
export const operator: AuditActor = { kind: "operator", id: null, name: "test", origin: null };

export async function migrate(): Promise<void> {
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
}

export function directoryAt(now: () => number): Directory {
  return { ...openDirectory(env.DB), now };
}

export interface Place {
  readonly place: DeploymentPlace;
  readonly sessions: Readonly<Record<Role, Credentials>>;
  readonly tokens: Readonly<Record<Role, Credentials>>;
  readonly agent: Credentials;
  /** An owner's credentials that are no longer valid. */
  readonly expired: { readonly session: Credentials; readonly token: Credentials; readonly agent: Credentials };
  readonly revoked: { readonly token: Credentials; readonly agent: Credentials };
}

export async function makePlace(org: string, deployment: string): Promise<Place> {
  const directory = openDirectory(env.DB);
  const longAgo = directoryAt(() => Date.now() - SESSION_MS - DAY_MS);
  const organization = await ensureOrganization(directory, org, operator);
  const place = await ensureDeployment(directory, { org, organizationId: organization.id, name: deployment, actor: operator });

  const api = { place, name: "api", kind: "api", role: "owner", expiresInDays: null, userId: null, actor: operator } as const;
  const agent = { ...api, name: "agent", kind: "agent", role: null } as const;
  const revoke = async (made: { readonly view: { readonly id: string }; readonly secret: string }): Promise<Credentials> => {
    await revokeToken(directory, { place, id: made.view.id, actor: operator });
    return { token: made.secret };
  };

  const person = (role: Role) =>
    ensureMember(directory, {
      organizationId: organization.id,
      person: { name: role, email: `${role}@${org}.test` },
      role,
      deploymentId: null,
      actor: operator,
    });
  const session = async (at: Directory, role: Role): Promise<Credentials> => {
    const bounds = { deploymentId: null, maxRole: "owner", tokenId: null, organizationId: organization.id, origin: null } as const;
    const { secret } = await createSession(at, { ...bounds, person: await person(role) });
    return { cookie: secret };
  };
  const token = async (at: Directory, changes: Partial<Parameters<typeof createToken>[1]>) => createToken(at, { ...api, ...changes });
  // Made at once, because one after another they would take most of the tests' time.
  const [sessions, tokens, agentToken, oldSession, oldToken, oldAgent, revokedToken, revokedAgent] = await Promise.all([
    perRole((role) => session(directory, role)),
    perRole(async (role) => ({ token: (await token(directory, { name: `${role} token`, role })).secret })),
    token(directory, agent),
    session(longAgo, "owner"),
    token(longAgo, { expiresInDays: 1 }),
    token(longAgo, { ...agent, expiresInDays: 1 }),
    token(directory, {}).then(revoke),
    token(directory, agent).then(revoke),
  ]);
  return {
    place,
    sessions,
    tokens,
    agent: { token: agentToken.secret },
    expired: { session: oldSession, token: { token: oldToken.secret }, agent: { token: oldAgent.secret } },
    revoked: { token: revokedToken, agent: revokedAgent },
  };
}

async function perRole<T>(make: (role: Role) => Promise<T>): Promise<Readonly<Record<Role, T>>> {
  const entries = await Promise.all(ROLES.map(async (role) => [role, await make(role)] as const));
  return Object.fromEntries(entries) as Record<Role, T>;
}
