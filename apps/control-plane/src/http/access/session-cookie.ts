/**
 * The cookie that carries a session's secret. Browsers do not keep cookies of different ports apart, so on an address with a port the
 * name ends with it: two servers on one machine must not sign each other's people out.
 */
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { SESSION_COOKIE } from "@headgate/shared/contract/http/routes.ts";
import { SESSION_MS } from "../../directory/sessions.ts";
import type { AppContext } from "../app-env.ts";
import { ownOrigin } from "./origin.ts";

/** A browser may send cookies of other servers of this machine; each costs a look-up. */
const MAX_CANDIDATES = 4;

/** Secrets that may be ours, the likeliest first. A development server in front of this one has another port than we know. */
export function sessionSecrets(c: AppContext): readonly string[] {
  const own = cookieName(c);
  const ours = Object.entries(getCookie(c)).filter(([name]) => name === SESSION_COOKIE || name.startsWith(`${SESSION_COOKIE}_`));
  return ours
    .toSorted(([a], [b]) => Number(b === own) - Number(a === own))
    .slice(0, MAX_CANDIDATES)
    .map(([, secret]) => secret);
}

export function setSessionCookie(c: AppContext, secret: string): void {
  const secure = ownOrigin(c).startsWith("https:");
  setCookie(c, cookieName(c), secret, { httpOnly: true, sameSite: "Lax", secure, path: "/", maxAge: SESSION_MS / 1000 });
}

export function deleteSessionCookie(c: AppContext): void {
  deleteCookie(c, cookieName(c), { path: "/" });
}

function cookieName(c: AppContext): string {
  const { port } = new URL(ownOrigin(c));
  return port === "" ? SESSION_COOKIE : `${SESSION_COOKIE}_${port}`;
}
