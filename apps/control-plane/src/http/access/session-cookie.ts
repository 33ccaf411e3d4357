/**
 * The cookie that carries a session's secret. Browsers do not keep cookies of different ports apart, so on an address with a port the
 * name ends with it: two servers on one machine must not sign each other's people out.
 */
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { SESSION_COOKIE } from "@headgate/shared/contract/http/routes.ts";
import { SESSION_MS } from "../../directory/sessions.ts";
import type { AppContext } from "../app-env.ts";
import { ownOrigin } from "./origin.ts";

/** Browsers keep such a cookie only from this very host over https, so that a neighbouring site cannot plant a session. */
const HOST_PREFIX = "__Host-";
/** A browser may send cookies of other servers of this machine; each costs a look-up. */
const MAX_CANDIDATES = 4;

/** Secrets that may be ours, the likeliest first. A development server in front of this one has another port than we know. */
export function sessionSecrets(c: AppContext): readonly string[] {
  const own = cookieName(c);
  const base = baseName(c);
  const ours = Object.entries(getCookie(c)).filter(([name]) => name === base || name.startsWith(`${base}_`));
  return ours
    .toSorted(([a], [b]) => Number(b === own) - Number(a === own))
    .slice(0, MAX_CANDIDATES)
    .map(([, secret]) => secret);
}

export function setSessionCookie(c: AppContext, secret: string): void {
  setCookie(c, cookieName(c), secret, { httpOnly: true, sameSite: "Lax", secure: isSecure(c), path: "/", maxAge: SESSION_MS / 1000 });
}

export function deleteSessionCookie(c: AppContext): void {
  deleteCookie(c, cookieName(c), { path: "/", secure: isSecure(c) });
}

function cookieName(c: AppContext): string {
  const { port } = new URL(ownOrigin(c));
  return port === "" ? baseName(c) : `${baseName(c)}_${port}`;
}

function baseName(c: AppContext): string {
  return isSecure(c) ? `${HOST_PREFIX}${SESSION_COOKIE}` : SESSION_COOKIE;
}

function isSecure(c: AppContext): boolean {
  return ownOrigin(c).startsWith("https:");
}
