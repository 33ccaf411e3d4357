/** Files of the dashboard that carry a hash in their name: one that is gone is gone, and must not be answered with the start page. */
import { Hono } from "hono";
import type { AppEnv } from "./app-env.ts";

export const hashedAssetRoutes = new Hono<AppEnv>();

hashedAssetRoutes.get("/_app/*", async (c) => {
  const found = await c.env.ASSETS.fetch(c.req.raw);
  if (!(found.headers.get("content-type") ?? "").startsWith("text/html")) return found;
  return c.text("This file belongs to another build of the dashboard. Reload the page.", 404);
});
