/** The Cron Trigger's work: pokes every deployment's timers, ends sockets of tokens and sessions that are over, forgets what is over. */
import { openDirectory } from "./directory/database.ts";
import { deploymentsAfter, type DeploymentPlace } from "./directory/deployments.ts";
import { registerWebhooks } from "./directory/webhooks.ts";
import { forgetOldLoginLinks } from "./directory/login-links.ts";
import { forgetOldSessions, oldSessions, sessionsOfToken } from "./directory/sessions.ts";
import { justEndedTokens } from "./directory/tokens.ts";
import type { Directory } from "./directory/database.ts";
import { deploymentStub } from "./http/deployment-stub.ts";
import { appErrorOf } from "./http/errors.ts";
import { logFailure } from "./http/log-failure.ts";
import type { Env } from "./env.ts";

/** Six outgoing calls may be open at once. */
const AT_ONCE = 6;
/** Three times the trigger's interval, so that one missed sweep leaves no socket open. */
const ENDED_WITHIN_MS = 15 * 60 * 1000;

export async function sweep(env: Env): Promise<void> {
  const directory = openDirectory(env.DB);
  const over = await oldSessions(directory);
  let page = await deploymentsAfter(directory, "", AT_ONCE);
  while (page.length > 0) {
    await Promise.all(
      page.map(async (place) => {
        const sessions = over.filter((session) => session.organizationId === place.organizationId);
        const ended = [...sessions.map((session) => session.id), ...(await endedCredentials(directory, place.id))];
        await sweepOne(env, { directory, place, ended });
      }),
    );
    page = await deploymentsAfter(directory, page.at(-1)?.id ?? "", AT_ONCE);
  }
  await forgetOldSessions(directory);
  await forgetOldLoginLinks(directory);
}

/** Tokens that ran out or were revoked a moment ago, and the sessions that their links made. */
async function endedCredentials(directory: Directory, deploymentId: string): Promise<readonly string[]> {
  const tokens = await justEndedTokens(directory, deploymentId, ENDED_WITHIN_MS);
  const sessions = await Promise.all(tokens.map((token) => sessionsOfToken(directory, token)));
  return [...tokens, ...sessions.flat()];
}

/** One broken deployment must not keep the others from being swept. */
async function sweepOne(
  env: Env,
  at: { readonly directory: Directory; readonly place: DeploymentPlace; readonly ended: readonly string[] },
): Promise<void> {
  const { directory, place, ended } = at;
  try {
    const deployment = await deploymentStub(env, place);
    await deployment.sweep();
    for (const token of ended) await deployment.tokenRevoked({ token });
    // The deployments tell the directory themselves; this is for a directory that lost rows, e.g. one restored from a copy.
    await registerWebhooks(directory, place.id, await deployment.webhookIds());
  } catch (error) {
    logFailure(`sweep of ${place.org}/${place.name}`, appErrorOf(error));
  }
}
