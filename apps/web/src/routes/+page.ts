/** Redirects to the first deployment of the user's organization, or to sign-in. */
import { redirect } from "@sveltejs/kit";
import { fetchSession } from "#lib/data/api.ts";
import { deploymentHome } from "#lib/paths.ts";

export async function load({ fetch }: { fetch: typeof globalThis.fetch }): Promise<void> {
  const session = await fetchSession(fetch);
  const [first] = session?.deployments ?? [];
  if (!session || !first) redirect(302, "/login");
  redirect(302, deploymentHome({ org: session.organization.slug, name: first.name }));
}
