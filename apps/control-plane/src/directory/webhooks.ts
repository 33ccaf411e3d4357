/** Maps the addresses of webhooks to deployments. A deployment registers them at each activation; the sweep restores lost rows. */
import { eq, sql } from "drizzle-orm";
import type { Directory } from "./database.ts";
import type { DeploymentPlace } from "./deployments.ts";
import { placeColumns } from "./deployments.ts";
import { deployment, hook, organization } from "./schema.ts";

/** A registered id keeps its deployment: an address never moves to another one. */
export async function registerWebhooks(directory: Directory, deploymentId: string, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await directory.db.run(
    sql`INSERT OR IGNORE INTO hook (id, deployment_id, created_at) SELECT value, ${deploymentId}, ${directory.now()} FROM json_each(${JSON.stringify(ids)})`,
  );
}

export async function placeOfWebhook(directory: Directory, id: string): Promise<DeploymentPlace | null> {
  const [row] = await directory.db
    .select(placeColumns)
    .from(hook)
    .innerJoin(deployment, eq(deployment.id, hook.deploymentId))
    .innerJoin(organization, eq(organization.id, deployment.organizationId))
    .where(eq(hook.id, id));
  return row ?? null;
}
