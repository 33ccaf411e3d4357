/** Browser sessions: a login link starts one, logging out ends it, and it expires seven days after the last use, at the latest after thirty. */
import { and, eq, exists, gt, isNull, lte, or } from "drizzle-orm";
import type { Role } from "@headgate/shared/domain/access/role.ts";
import { auditStatement, type AuditActor } from "./audit.ts";
import { newId, type Directory } from "./database.ts";
import type { Person } from "./members.ts";
import { member, session, user } from "./schema.ts";
import { goodToken } from "./tokens.ts";
import { randomSecret, sha256Hex } from "./secrets.ts";

export const SESSION_MS = 7 * 24 * 60 * 60 * 1000;
/** However much a session is used, a person signs in again after this time. */
export const LONGEST_SESSION_MS = 30 * 24 * 60 * 60 * 1000;
/** A session is extended at most this often, so that reading does not write. */
const ROLL_MS = 60 * 60 * 1000;

export interface Session {
  readonly id: string;
  readonly person: Person;
  /** The limits of a session that came from a token's link; null means all deployments of the person. */
  readonly deploymentId: string | null;
  readonly maxRole: Role;
  readonly createdAt: number;
  readonly expiresAt: number;
}

interface NewSession {
  readonly person: Person;
  readonly deploymentId: string | null;
  readonly maxRole: Role;
  /** The token whose link started the session; the session ends with that token. */
  readonly tokenId: string | null;
  readonly organizationId: string;
  readonly origin: string | null;
}

/** The secret goes into the cookie and is not stored. */
export async function createSession(directory: Directory, input: NewSession): Promise<{ readonly id: string; readonly secret: string }> {
  const id = newId("ses", directory.random);
  const secret = randomSecret(directory.random);
  const now = directory.now();
  const actor: AuditActor = { kind: "user", id: input.person.id, name: input.person.email ?? input.person.name, origin: input.origin };
  await directory.db.batch([
    directory.db.insert(session).values({
      id,
      hash: await sha256Hex(secret),
      userId: input.person.id,
      deploymentId: input.deploymentId,
      maxRole: input.maxRole,
      tokenId: input.tokenId,
      createdAt: now,
      expiresAt: now + SESSION_MS,
    }),
    auditStatement(directory, {
      actor,
      action: "session.create",
      target: id,
      organizationId: input.organizationId,
      deploymentId: input.deploymentId ?? undefined,
      // Who had the token could sign in as this person.
      after: input.tokenId === null ? undefined : { tokenId: input.tokenId },
    }),
  ]);
  return { id, secret };
}

/** The session of a cookie's secret; null if it is unknown or over. The look-up by hash reveals nothing about the secret. */
export async function findSession(directory: Directory, secret: string): Promise<Session | null> {
  const rows = await directory.db
    .select({
      id: session.id,
      deploymentId: session.deploymentId,
      maxRole: session.maxRole,
      createdAt: session.createdAt,
      expiresAt: session.expiresAt,
      userId: user.id,
      name: user.name,
      email: user.email,
    })
    .from(session)
    .innerJoin(user, eq(user.id, session.userId))
    .where(
      and(
        eq(session.hash, await sha256Hex(secret)),
        gt(session.expiresAt, directory.now()),
        gt(session.createdAt, directory.now() - LONGEST_SESSION_MS),
        or(isNull(session.tokenId), exists(goodToken(directory, session.tokenId))),
      ),
    );
  const [row] = rows;
  if (!row) return null;
  const person = { id: row.userId, name: row.name, email: row.email };
  const { id, deploymentId, maxRole, createdAt, expiresAt } = row;
  return { id, person, deploymentId, maxRole, createdAt, expiresAt };
}

/** Returns true if the session was extended; then its cookie must be extended, too. */
export async function rollSession(directory: Directory, current: Session): Promise<boolean> {
  const expiresAt = Math.min(directory.now() + SESSION_MS, current.createdAt + LONGEST_SESSION_MS);
  if (expiresAt - current.expiresAt < ROLL_MS) return false;
  await directory.db.update(session).set({ expiresAt }).where(eq(session.id, current.id));
  return true;
}

export async function endSession(directory: Directory, ended: Session, actor: AuditActor): Promise<void> {
  await directory.db.batch([
    directory.db.delete(session).where(eq(session.id, ended.id)),
    auditStatement(directory, { actor, action: "session.end", target: ended.id, deploymentId: ended.deploymentId ?? undefined }),
  ]);
}

/** Sessions that a token's login links started; they end with the token. */
export async function sessionsOfToken(directory: Directory, tokenId: string): Promise<readonly string[]> {
  const rows = await directory.db.select({ id: session.id }).from(session).where(eq(session.tokenId, tokenId));
  return rows.map((row) => row.id);
}

/** Expired sessions, once for each organization in which they may have open sockets. */
export async function oldSessions(directory: Directory): Promise<readonly { readonly id: string; readonly organizationId: string }[]> {
  return directory.db
    .selectDistinct({ id: session.id, organizationId: member.organizationId })
    .from(session)
    .innerJoin(member, eq(member.userId, session.userId))
    .where(isOver(directory));
}

/** Also sessions of an earlier release, which had no longest time. */
function isOver(directory: Directory) {
  return or(lte(session.expiresAt, directory.now()), lte(session.createdAt, directory.now() - LONGEST_SESSION_MS));
}

export async function forgetOldSessions(directory: Directory): Promise<void> {
  await directory.db.delete(session).where(isOver(directory));
}
