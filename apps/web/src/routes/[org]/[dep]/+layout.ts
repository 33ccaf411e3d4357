/** Loads the session and checks access to the deployment for all pages below. */
import { error, redirect } from "@sveltejs/kit";
import { fetchSession } from "#lib/data/api.ts";
import { deploymentHome, withQuery, type DeploymentRef } from "#lib/paths.ts";
import type { LayoutLoad } from "./$types";

export const load: LayoutLoad = async ({ fetch, params, url, untrack }) => {
  const session = await fetchSession(fetch);
  if (!session) redirect(302, withQuery("/login", { next: untrack(() => url.pathname + url.search) }));
  const ref: DeploymentRef = { org: params.org, name: params.dep };
  const known = session.organization.slug === ref.org && session.deployments.some((deployment) => deployment.name === ref.name);
  if (!known) {
    const nearest = session.deployments.map(({ name }) => ({
      label: `${session.organization.slug}/${name}`,
      href: deploymentHome({ org: session.organization.slug, name }),
    }));
    error(404, { message: `There is no deployment ${ref.org}/${ref.name}, or you have no access to it`, nearest });
  }
  return { session, ref };
};
