/** The deployments and their names. A deployment's Durable Object is addressed by `id`, never by a name from a client. */
import { and, asc, eq, gt } from "drizzle-orm";
import { auditStatement, type AuditActor } from "./audit.ts";
import { newId, type Directory } from "./database.ts";
import { deployment, organization } from "./schema.ts";

export interface DeploymentPlace {
  readonly id: string;
  readonly name: string;
  readonly organizationId: string;
  /** The organization's slug: the first segment of every address. */
  readonly org: string;
  readonly orgName: string;
}

export const placeColumns = {
  id: deployment.id,
  name: deployment.name,
  organizationId: deployment.organizationId,
  org: organization.slug,
  orgName: organization.name,
};

export async function findDeployment(directory: Directory, org: string, name: string): Promise<DeploymentPlace | null> {
  const rows = await places(directory).where(and(eq(organization.slug, org), eq(deployment.name, name)));
  return rows[0] ?? null;
}

export async function deploymentById(directory: Directory, id: string): Promise<DeploymentPlace | null> {
  const rows = await places(directory).where(eq(deployment.id, id));
  return rows[0] ?? null;
}

export async function deploymentsOf(directory: Directory, organizationId: string): Promise<readonly DeploymentPlace[]> {
  return places(directory).where(eq(deployment.organizationId, organizationId)).orderBy(asc(deployment.createdAt), asc(deployment.id));
}

/** One page of all deployments, sorted by id, for the sweep. */
export async function deploymentsAfter(directory: Directory, after: string, limit: number): Promise<readonly DeploymentPlace[]> {
  return places(directory).where(gt(deployment.id, after)).orderBy(asc(deployment.id)).limit(limit);
}

/** Finds or makes the deployment. */
export async function ensureDeployment(
  directory: Directory,
  input: { readonly org: string; readonly organizationId: string; readonly name: string; readonly actor: AuditActor },
): Promise<DeploymentPlace> {
  const found = await findDeployment(directory, input.org, input.name);
  if (found) return found;
  const id = newId("dep", directory.random);
  const inserted = await directory.db
    .insert(deployment)
    .values({ id, organizationId: input.organizationId, name: input.name, createdAt: directory.now() })
    .onConflictDoNothing()
    .returning({ id: deployment.id });
  if (inserted.length > 0) {
    await auditStatement(directory, {
      actor: input.actor,
      action: "deployment.create",
      target: input.name,
      organizationId: input.organizationId,
      deploymentId: id,
      after: { name: input.name },
    });
  }
  const made = await findDeployment(directory, input.org, input.name);
  if (!made) throw new Error(`deployment '${input.org}/${input.name}' vanished while it was made`);
  return made;
}

function places(directory: Directory) {
  return directory.db.select(placeColumns).from(deployment).innerJoin(organization, eq(organization.id, deployment.organizationId));
}
