/**
 * Is this request sent by our own page? A browser adds the session cookie to whatever a foreign page makes it send, so every
 * change and every socket that relies on the cookie must come with our own `Origin`. Machines send none.
 */
import { AppError } from "@headgate/shared/domain/errors.ts";
import type { AppContext } from "../app-env.ts";

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

/** The address people reach us under. */
export function ownOrigin(c: AppContext): string {
  return new URL(c.env.PUBLIC_URL === "" ? c.req.url : c.env.PUBLIC_URL).origin;
}

export function isSocketUpgrade(c: AppContext): boolean {
  return c.req.header("upgrade")?.toLowerCase() === "websocket";
}

export function checkCookieOrigin(c: AppContext): void {
  if (SAFE.has(c.req.method) && !isSocketUpgrade(c)) return;
  const origin = c.req.header("origin");
  const own = ownOrigin(c);
  if (origin === own) return;
  throw new AppError(
    "forbidden",
    `this request came from ${origin ?? "a client that sent no Origin"}, but a browser session is only accepted from ${own}; open the dashboard there, or use an API token`,
  );
}

/** A page cannot set headers on a socket, so an Origin beside a token means that somebody put a token into a page. */
export function checkNoOrigin(c: AppContext): void {
  const origin = c.req.header("origin");
  if (origin === undefined) return;
  throw new AppError("forbidden", `a token must not be used from a web page, but this request came from ${origin}; sign in instead`);
}
