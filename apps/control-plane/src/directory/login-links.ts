/** One-time links that sign a person in. A link is valid for ten minutes and one use; only its hash is stored. */
import { and, eq, exists, gt, isNull, lte, or } from "drizzle-orm";
import type { Role } from "@headgate/shared/domain/access/role.ts";
import { auditStatement, type AuditActor } from "./audit.ts";
import type { Directory } from "./database.ts";
import type { DeploymentPlace } from "./deployments.ts";
import { loginLink, user } from "./schema.ts";
import type { Person } from "./members.ts";
import { randomSecret, sha256Hex } from "./secrets.ts";
import { goodToken } from "./tokens.ts";

export const LOGIN_LINK_MS = 10 * 60 * 1000;

interface NewLoginLink {
  readonly userId: string;
  /** The deployment that the browser opens afterwards. */
  readonly target: DeploymentPlace;
  /** The limits of the session: a link never gives more rights than the token that made it. */
  readonly deploymentId: string | null;
  readonly maxRole: Role;
  readonly tokenId: string | null;
  readonly actor: AuditActor;
}

export async function createLoginLink(directory: Directory, input: NewLoginLink): Promise<string> {
  const secret = randomSecret(directory.random);
  const now = directory.now();
  const { organizationId, id: deploymentId } = input.target;
  await directory.db.batch([
    directory.db.insert(loginLink).values({
      hash: await sha256Hex(secret),
      userId: input.userId,
      targetDeploymentId: deploymentId,
      deploymentId: input.deploymentId,
      maxRole: input.maxRole,
      tokenId: input.tokenId,
      createdAt: now,
      expiresAt: now + LOGIN_LINK_MS,
    }),
    auditStatement(directory, { actor: input.actor, action: "login_link.create", target: input.userId, organizationId, deploymentId }),
  ]);
  return secret;
}

interface UsedLoginLink {
  readonly person: Person;
  readonly targetDeploymentId: string;
  readonly deploymentId: string | null;
  readonly maxRole: Role;
  readonly tokenId: string | null;
}

/** Reads what a link would give without using it up. Null: it would be refused. */
export async function readLoginLink(
  directory: Directory,
  secret: string,
): Promise<Pick<UsedLoginLink, "person" | "targetDeploymentId"> | null> {
  const [row] = await directory.db
    .select({ id: user.id, name: user.name, email: user.email, targetDeploymentId: loginLink.targetDeploymentId })
    .from(loginLink)
    .innerJoin(user, eq(user.id, loginLink.userId))
    .where(await isUsable(directory, secret));
  if (!row) return null;
  const { targetDeploymentId, ...person } = row;
  return { person, targetDeploymentId };
}

async function isUsable(directory: Directory, secret: string) {
  return and(
    eq(loginLink.hash, await sha256Hex(secret)),
    isNull(loginLink.usedAt),
    gt(loginLink.expiresAt, directory.now()),
    or(isNull(loginLink.tokenId), exists(goodToken(directory, loginLink.tokenId))),
  );
}

/**
 * Uses the link up and returns what it gives; null if it is unknown, used, expired, or its token was revoked. One statement, so that two
 * browsers cannot both use it.
 */
export async function takeLoginLink(directory: Directory, secret: string): Promise<UsedLoginLink | null> {
  const { db } = directory;
  const now = directory.now();
  const [taken] = await db
    .update(loginLink)
    .set({ usedAt: now })
    .where(await isUsable(directory, secret))
    .returning({
      userId: loginLink.userId,
      targetDeploymentId: loginLink.targetDeploymentId,
      deploymentId: loginLink.deploymentId,
      maxRole: loginLink.maxRole,
      tokenId: loginLink.tokenId,
    });
  if (!taken) return null;
  const [person] = await db.select({ id: user.id, name: user.name, email: user.email }).from(user).where(eq(user.id, taken.userId));
  if (!person) return null;
  const { userId: _, ...bounds } = taken;
  return { person, ...bounds };
}

export async function forgetOldLoginLinks(directory: Directory): Promise<void> {
  await directory.db.delete(loginLink).where(lte(loginLink.expiresAt, directory.now()));
}
