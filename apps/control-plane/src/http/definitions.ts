/** GET definitions/:hash: the whole catalog's unchanging part. Made once by the deployment, kept compressed in R2, cached for ever by browsers. */
import { Hono } from "hono";
import { AppError, unwrap } from "@headgate/shared/domain/errors.ts";
import type { AppContext, AppEnv } from "./app-env.ts";
import { needs } from "./access/authorize.ts";
import { definitionsKey } from "./storage-keys.ts";

export const definitionsRoutes = new Hono<AppEnv>().get("/api/:org/:dep/definitions/:hash", needs("viewer"), async (c) => {
  const hash = c.req.param("hash");
  if (!/^[A-Za-z0-9_-]{1,128}$/.test(hash)) throw new AppError("not_found", "there is no definitions document with this hash");
  const etag = `"${hash}"`;
  const headers = { etag, "cache-control": "private, max-age=31536000, immutable", vary: "accept-encoding" };
  const compressed = await compressedDocument(c, hash);
  if (c.req.header("if-none-match")?.includes(etag)) return c.body(null, 304, headers);
  const typed = { ...headers, "content-type": "application/json; charset=utf-8" };
  if (/\bgzip\b/.test(c.req.header("accept-encoding") ?? "")) {
    return new Response(compressed, { headers: { ...typed, "content-encoding": "gzip" }, encodeBody: "manual" });
  }
  return new Response(new Response(compressed).body?.pipeThrough(new DecompressionStream("gzip")) ?? null, { headers: typed });
});

async function compressedDocument(c: AppContext, hash: string): Promise<ArrayBuffer> {
  const { deployment, place } = c.get("access");
  const key = definitionsKey(place.id, hash);
  const stored = await c.env.BUCKET.get(key);
  if (stored) return stored.arrayBuffer();
  const text = unwrap(await deployment.definitionsDocument({ hash }));
  const compressed = await new Response(new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"))).arrayBuffer();
  c.executionCtx.waitUntil(c.env.BUCKET.put(key, compressed));
  return compressed;
}
