/** Agent and API tokens of a deployment: shown once, found by id, compared by hash. */
import { and, desc, eq, gt, isNull, lte, or, type AnyColumn } from "drizzle-orm";
import type { Role } from "@headgate/shared/domain/access/role.ts";
import type { TokenView } from "@headgate/shared/contract/access/tokens.ts";
import { auditStatement, type AuditActor } from "./audit.ts";
import { randomKey, type Directory } from "./database.ts";
import type { DeploymentPlace } from "./deployments.ts";
import { token } from "./schema.ts";
import { formatToken, randomSecret, sameSecret, sha256Hex, type TokenKind } from "./secrets.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
/** The precision of "last used", so that most requests do not write it. */
const LAST_USED_MS = 5 * 60 * 1000;

const columns = {
  id: token.id,
  name: token.name,
  kind: token.kind,
  role: token.role,
  createdAt: token.createdAt,
  expiresAt: token.expiresAt,
  lastUsedAt: token.lastUsedAt,
  revokedAt: token.revokedAt,
};

const checkedColumns = { ...columns, hash: token.hash, deploymentId: token.deploymentId, userId: token.userId };

interface NewToken {
  readonly place: DeploymentPlace;
  readonly name: string;
  readonly kind: TokenKind;
  /** The role of an API token; null for an agent token. */
  readonly role: Role | null;
  readonly expiresInDays: number | null;
  readonly userId: string | null;
  readonly actor: AuditActor;
}

export async function createToken(directory: Directory, input: NewToken): Promise<{ readonly view: TokenView; readonly secret: string }> {
  const id = randomKey(directory.random);
  const secret = randomSecret(directory.random);
  const now = directory.now();
  const view: TokenView = {
    id,
    name: input.name,
    kind: input.kind,
    role: input.role,
    createdAt: now,
    expiresAt: input.expiresInDays === null ? null : now + input.expiresInDays * DAY_MS,
    lastUsedAt: null,
    revokedAt: null,
  };
  const { organizationId, id: deploymentId } = input.place;
  await directory.db.batch([
    directory.db.insert(token).values({
      id,
      kind: input.kind,
      hash: await sha256Hex(secret),
      prefix: `hg_${input.kind}_${id}`,
      name: input.name,
      role: input.role,
      deploymentId,
      userId: input.userId,
      createdAt: now,
      expiresAt: view.expiresAt,
    }),
    auditStatement(directory, {
      actor: input.actor,
      action: "token.create",
      target: id,
      organizationId,
      deploymentId,
      after: { name: view.name, kind: view.kind, role: view.role, expiresAt: view.expiresAt },
    }),
  ]);
  return { view, secret: formatToken({ kind: input.kind, id, secret }) };
}

export async function listTokens(directory: Directory, deploymentId: string): Promise<readonly TokenView[]> {
  return directory.db.select(columns).from(token).where(eq(token.deploymentId, deploymentId)).orderBy(desc(token.createdAt), token.id);
}

/** Returns null if the deployment has no such token. Revoking twice changes nothing. */
export async function revokeToken(
  directory: Directory,
  input: { readonly place: DeploymentPlace; readonly id: string; readonly actor: AuditActor },
): Promise<TokenView | null> {
  const here = and(eq(token.id, input.id), eq(token.deploymentId, input.place.id));
  const [before] = await directory.db.select(columns).from(token).where(here);
  if (!before || before.revokedAt !== null) return before ?? null;
  const revokedAt = directory.now();
  const { organizationId, id: deploymentId } = input.place;
  await directory.db.batch([
    directory.db
      .update(token)
      .set({ revokedAt })
      .where(and(here, isNull(token.revokedAt))),
    auditStatement(directory, {
      actor: input.actor,
      action: "token.revoke",
      target: input.id,
      organizationId,
      deploymentId,
      before: { name: before.name, kind: before.kind, revokedAt: null },
      after: { revokedAt },
    }),
  ]);
  return { ...before, revokedAt };
}

export interface KnownToken {
  readonly id: string;
  readonly kind: TokenKind;
  readonly name: string;
  readonly role: Role | null;
  readonly deploymentId: string;
  readonly userId: string | null;
  readonly lastUsedAt: number | null;
}
type TokenCheck =
  | { readonly ok: true; readonly token: KnownToken }
  | { readonly ok: false; readonly why: "unknown" | "expired" | "revoked" };

/** Only a caller with the right secret learns that a token is expired or revoked. */
export async function checkToken(
  directory: Directory,
  given: { readonly kind: TokenKind; readonly id: string; readonly secret: string },
): Promise<TokenCheck> {
  const [row] = await directory.db
    .select(checkedColumns)
    .from(token)
    .where(and(eq(token.id, given.id), eq(token.kind, given.kind)));
  if (!row || !(await sameSecret(await sha256Hex(given.secret), row.hash))) return { ok: false, why: "unknown" };
  return judge(directory, row);
}

/** For a caller that shows something else which the token stands behind. */
export async function checkTokenById(directory: Directory, id: string): Promise<TokenCheck> {
  const [row] = await directory.db.select(checkedColumns).from(token).where(eq(token.id, id));
  return row ? judge(directory, row) : { ok: false, why: "unknown" };
}

function judge(directory: Directory, row: KnownToken & Pick<TokenView, "revokedAt" | "expiresAt">): TokenCheck {
  if (row.revokedAt !== null) return { ok: false, why: "revoked" };
  if (row.expiresAt !== null && row.expiresAt <= directory.now()) return { ok: false, why: "expired" };
  const { id, kind, name, role, deploymentId, userId, lastUsedAt } = row;
  return { ok: true, token: { id, kind, name, role, deploymentId, userId, lastUsedAt } };
}

export async function noteTokenUse(directory: Directory, used: KnownToken): Promise<void> {
  const now = directory.now();
  if (used.lastUsedAt !== null && now - used.lastUsedAt < LAST_USED_MS) return;
  await directory.db.update(token).set({ lastUsedAt: now }).where(eq(token.id, used.id));
}

export async function hasTokens(directory: Directory, deploymentId: string): Promise<boolean> {
  const rows = await directory.db.select({ id: token.id }).from(token).where(eq(token.deploymentId, deploymentId)).limit(1);
  return rows.length > 0;
}

/** A subquery for the token in `column`, if it is neither revoked nor expired. */
export function goodToken(directory: Directory, column: AnyColumn) {
  return directory.db
    .select({ id: token.id })
    .from(token)
    .where(and(eq(token.id, column), isNull(token.revokedAt), or(isNull(token.expiresAt), gt(token.expiresAt, directory.now()))));
}

/**
 * Tokens of a deployment that expired or were revoked within the last `withinMs`: their open sockets must be closed. A revocation tells the
 * deployment itself; this is for one that was cut off between the two, and for a socket that was opening at that moment.
 */
export async function justEndedTokens(directory: Directory, deploymentId: string, withinMs: number): Promise<readonly string[]> {
  const now = directory.now();
  const rows = await directory.db
    .select({ id: token.id })
    .from(token)
    .where(
      and(
        eq(token.deploymentId, deploymentId),
        or(gt(token.revokedAt, now - withinMs), and(gt(token.expiresAt, now - withinMs), lte(token.expiresAt, now))),
      ),
    );
  return rows.map((row) => row.id);
}
