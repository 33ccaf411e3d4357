/** Who sent the request: a session cookie or a bearer token becomes a principal, or the answer is 401 with the reason. */
import { AppError, unwrap } from "@headgate/shared/domain/errors.ts";
import { parseToken } from "../../directory/secrets.ts";
import { findSession, rollSession } from "../../directory/sessions.ts";
import { checkToken, checkTokenById, noteTokenUse } from "../../directory/tokens.ts";
import { ATTEMPT_TOKEN_PREFIX, readClaims } from "../../deployment/kernel/attempt-token.ts";
import { deploymentById } from "../../directory/deployments.ts";
import { deploymentStub } from "../deployment-stub.ts";
import type { AppContext, Principal } from "../app-env.ts";
import { countPodCalls } from "./call-rate.ts";
import { attemptTokenRefused, tokenRefused } from "./refusals.ts";
import { checkCookieOrigin, checkNoOrigin, isSocketUpgrade } from "./origin.ts";
import { sessionSecrets, setSessionCookie } from "./session-cookie.ts";

export async function authenticate(c: AppContext): Promise<Principal> {
  const principal = await principalOf(c);
  c.set("principal", principal);
  return principal;
}

async function principalOf(c: AppContext): Promise<Principal> {
  const bearer = bearerOf(c);
  if (bearer !== null) return authenticateToken(c, bearer);
  const secrets = sessionSecrets(c);
  if (secrets.length > 0) return authenticateSession(c, secrets);
  throw new AppError(
    "unauthenticated",
    "this needs a session or a token: open a login link in the browser, or send 'Authorization: Bearer hg_...'",
  );
}

/** The text after `Bearer`; null when there is no Authorization header at all. */
export function bearerOf(c: AppContext): string | null {
  const header = c.req.header("authorization");
  if (header === undefined) return null;
  const [, secret] = /^Bearer +(\S+)$/i.exec(header) ?? [];
  if (secret === undefined)
    throw new AppError("unauthenticated", "the Authorization header is malformed; send 'Authorization: Bearer hg_...'");
  return secret;
}

async function authenticateToken(c: AppContext, text: string): Promise<Principal> {
  if (text.startsWith(ATTEMPT_TOKEN_PREFIX)) return authenticateAttempt(c, text);
  const parsed = parseToken(text);
  if (!parsed)
    throw new AppError(
      "unauthenticated",
      "this is not a token of Headgate; a token looks like 'hg_api_...' or 'hg_agent_...': copy it again, without quotes; tokens are made on the Agents page of the dashboard",
    );
  const directory = c.get("directory");
  const checked = await checkToken(directory, parsed);
  if (!checked.ok) throw tokenRefused(checked.why);
  const { token } = checked;
  if (isSocketUpgrade(c)) checkNoOrigin(c);
  c.executionCtx.waitUntil(noteTokenUse(directory, token));
  if (token.kind === "agent") return { kind: "agent", token, attempt: null };
  if (token.role === null) throw new Error(`API token ${token.id} has no role`);
  return { kind: "api", token: { ...token, role: token.role } };
}

/** The directory says whether the agent token behind it is still good, and the deployment whether it signed the attempt token. */
async function authenticateAttempt(c: AppContext, text: string): Promise<Principal> {
  const claims = readClaims(text);
  if (!claims) throw attemptTokenRefused();
  const directory = c.get("directory");
  const [checked, place] = await Promise.all([checkTokenById(directory, claims.token), deploymentById(directory, claims.deployment)]);
  if (!checked.ok) throw tokenRefused(checked.why);
  const { token } = checked;
  if (token.kind !== "agent" || token.deploymentId !== claims.deployment || !place) throw attemptTokenRefused();
  countPodCalls(token.id, directory.now());
  const attempt = unwrap(await (await deploymentStub(c.env, place)).checkAttemptToken({ text }));
  if (isSocketUpgrade(c)) checkNoOrigin(c);
  return { kind: "agent", token, attempt };
}

async function authenticateSession(c: AppContext, secrets: readonly string[]): Promise<Principal> {
  const directory = c.get("directory");
  for (const secret of secrets) {
    const session = await findSession(directory, secret);
    if (!session) continue;
    checkCookieOrigin(c);
    if (await rollSession(directory, session)) setSessionCookie(c, secret);
    return { kind: "session", session };
  }
  throw new AppError("unauthenticated", "the session is unknown or over; open a new login link");
}
