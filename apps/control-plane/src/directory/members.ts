/** People and their memberships: the organization, the role and, if limited, the deployment. */
import { and, eq, isNull, or, sql } from "drizzle-orm";
import type { Role } from "@headgate/shared/domain/access/role.ts";
import { auditStatement, type AuditActor } from "./audit.ts";
import { newId, type Directory } from "./database.ts";
import { member, organization, user } from "./schema.ts";

export interface Person {
  readonly id: string;
  readonly name: string;
  readonly email: string | null;
}

interface Membership {
  readonly organizationId: string;
  readonly org: string;
  readonly orgName: string;
  /** Null: all deployments of the organization. */
  readonly deploymentId: string | null;
  readonly role: Role;
}

export async function membershipsOf(directory: Directory, userId: string): Promise<readonly Membership[]> {
  return directory.db
    .select({
      organizationId: member.organizationId,
      org: organization.slug,
      orgName: organization.name,
      deploymentId: member.deploymentId,
      role: member.role,
    })
    .from(member)
    .innerJoin(organization, eq(organization.id, member.organizationId))
    .where(eq(member.userId, userId))
    .orderBy(member.createdAt, member.id);
}

/** A person's roles at one deployment: those for the whole organization and those for the deployment. */
export async function rolesAt(
  directory: Directory,
  userId: string,
  place: { readonly id: string; readonly organizationId: string },
): Promise<readonly Role[]> {
  const rows = await directory.db
    .select({ role: member.role })
    .from(member)
    .where(
      and(
        eq(member.userId, userId),
        eq(member.organizationId, place.organizationId),
        or(isNull(member.deploymentId), eq(member.deploymentId, place.id)),
      ),
    );
  return rows.map((row) => row.role);
}

interface NewMember {
  readonly organizationId: string;
  readonly person: { readonly name: string; readonly email: string | null };
  readonly role: Role;
  /** Null: all deployments of the organization. */
  readonly deploymentId: string | null;
  readonly actor: AuditActor;
}

/** Finds the person by e-mail address, or by name among the members, or creates one. Adds the membership if it is missing. */
export async function ensureMember(directory: Directory, input: NewMember): Promise<Person> {
  const person = (await findPerson(directory, input)) ?? (await makePerson(directory, input));
  const inserted = await directory.db
    .insert(member)
    .values({
      id: newId("mem", directory.random),
      organizationId: input.organizationId,
      userId: person.id,
      deploymentId: input.deploymentId,
      role: input.role,
      createdAt: directory.now(),
    })
    .onConflictDoNothing()
    .returning({ id: member.id });
  if (inserted.length > 0) {
    const after = { user: person.name, email: person.email, role: input.role };
    const where = { organizationId: input.organizationId, deploymentId: input.deploymentId ?? undefined };
    await auditStatement(directory, { actor: input.actor, action: "member.add", target: person.id, ...where, after });
  }
  return person;
}

async function findPerson(directory: Directory, input: NewMember): Promise<Person | null> {
  const columns = { id: user.id, name: user.name, email: user.email };
  if (input.person.email !== null) {
    const rows = await directory.db.select(columns).from(user).where(eq(user.email, input.person.email));
    return rows[0] ?? null;
  }
  const rows = await directory.db
    .select(columns)
    .from(user)
    .innerJoin(member, eq(member.userId, user.id))
    .where(and(eq(member.organizationId, input.organizationId), eq(user.name, input.person.name), isNull(user.email)))
    .orderBy(sql`${user.createdAt}`)
    .limit(1);
  return rows[0] ?? null;
}

async function makePerson(directory: Directory, input: NewMember): Promise<Person> {
  const made = { id: newId("usr", directory.random), name: input.person.name, email: input.person.email };
  const inserted = await directory.db
    .insert(user)
    .values({ ...made, createdAt: directory.now() })
    .onConflictDoNothing()
    .returning({ id: user.id });
  if (inserted.length > 0) return made;
  const other = await findPerson(directory, input);
  if (!other) throw new Error(`user '${made.name}' vanished while it was made`);
  return other;
}
