/** Headers of every answer the Worker makes. The dashboard's files have theirs in `apps/web/static/_headers`. */
import { createMiddleware } from "hono/factory";
import type { AppEnv } from "./app-env.ts";

const ALWAYS = {
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
} as const;

export const securityHeaders = createMiddleware<AppEnv>(async (c, next) => {
  await next();
  if (c.res.webSocket) return;
  // The page of a login link has a form and its own policy.
  for (const [name, value] of Object.entries(ALWAYS)) if (!c.res.headers.has(name)) c.res.headers.set(name, value);
  if (!c.res.headers.has("cache-control")) c.res.headers.set("cache-control", "no-store");
  if (new URL(c.req.url).protocol === "https:") c.res.headers.set("strict-transport-security", "max-age=31536000");
});
