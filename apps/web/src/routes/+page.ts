/** The bare address leads to the first deployment of the person's organization, or explains how to sign in. */
import { redirect } from "@sveltejs/kit";
import { fetchSession } from "#lib/data/api.ts";
import { deploymentHome } from "#lib/paths.ts";

export async function load({ fetch }: { fetch: typeof globalThis.fetch }): Promise<void> {
  const session = await fetchSession(fetch);
  const [first] = session?.deployments ?? [];
  if (!session || !first) redirect(302, "/login");
  redirect(302, deploymentHome({ org: session.organization.slug, name: first.name }));
}
