/** Organizations: the unit of membership and of the audit log. */
import { eq } from "drizzle-orm";
import { auditStatement, type AuditActor } from "./audit.ts";
import { newId, type Directory } from "./database.ts";
import { organization } from "./schema.ts";

interface Organization {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
}

async function findOrganization(directory: Directory, slug: string): Promise<Organization | null> {
  const rows = await directory.db
    .select({ id: organization.id, slug: organization.slug, name: organization.name })
    .from(organization)
    .where(eq(organization.slug, slug));
  return rows[0] ?? null;
}

/** Finds or makes the organization. Two callers at once get the same one. */
export async function ensureOrganization(directory: Directory, slug: string, actor: AuditActor): Promise<Organization> {
  const found = await findOrganization(directory, slug);
  if (found) return found;
  const id = newId("org", directory.random);
  const inserted = await directory.db
    .insert(organization)
    .values({ id, slug, name: slug, createdAt: directory.now() })
    .onConflictDoNothing()
    .returning({ id: organization.id });
  if (inserted.length > 0)
    await auditStatement(directory, { actor, action: "organization.create", target: slug, organizationId: id, after: { slug } });
  const made = await findOrganization(directory, slug);
  if (!made) throw new Error(`organization '${slug}' vanished while it was made`);
  return made;
}
