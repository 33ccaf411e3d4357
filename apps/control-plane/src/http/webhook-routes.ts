/**
 * Deliveries of webhooks: `POST /hooks/:id[/:secret]`, without session or token. The directory says to which deployment an address leads;
 * its object verifies and stores. The address may hold a secret, so nothing here writes it into a log or an answer.
 */
import { Hono } from "hono";
import { httpStatusOf } from "@headgate/shared/contract/http/http-errors.ts";
import { AppError, unwrap } from "@headgate/shared/domain/errors.ts";
import { MAX_DELIVERY_BYTES } from "../deployment/webhooks/webhook-limits.ts";
import { placeOfWebhook } from "../directory/webhooks.ts";
import type { DeploymentPlace } from "../directory/deployments.ts";
import type { AppContext, AppEnv } from "./app-env.ts";
import { readBytes } from "./body.ts";
import { deploymentStub } from "./deployment-stub.ts";
import { appErrorOf } from "./errors.ts";
import { logFailure } from "./log-failure.ts";

/** Addresses that this isolate has looked up; an address never moves. Bounded. */
const known = new Map<string, DeploymentPlace>();
const MAX_KNOWN = 10_000;

export const webhookRoutes = new Hono<AppEnv>()
  .post("/hooks/:id", (c) => receive(c, { id: c.req.param("id"), secret: null }))
  .post("/hooks/:id/:secret", (c) => receive(c, { id: c.req.param("id"), secret: c.req.param("secret") }))
  .all("/hooks/:id/:secret?", (c) => {
    c.header("allow", "POST");
    return c.json({ error: { code: "invalid_input", message: `deliveries are sent with POST, not with ${c.req.method}` } }, 405);
  });

async function receive(c: AppContext, address: { readonly id: string; readonly secret: string | null }): Promise<Response> {
  try {
    const place = await placeOf(c, address.id);
    if (!place) throw new AppError("not_found", "there is no webhook at this address, or it is switched off");
    const body = await readBytes(c.req.raw, { what: "the delivery", maxBytes: MAX_DELIVERY_BYTES });
    const deployment = await deploymentStub(c.env, place);
    const { delivery, repeated } = unwrap(
      await deployment.deliver({
        hook: address.id,
        pathSecret: address.secret,
        method: c.req.method,
        headers: Object.fromEntries(c.req.raw.headers),
        query: { ...c.req.query() },
        body,
      }),
    );
    return c.json({ delivery }, repeated ? 200 : 202);
  } catch (thrown) {
    const error = appErrorOf(thrown);
    if (error.code === "internal") logFailure("a delivery of a webhook", error);
    const after = error.details?.["retryAfterSeconds"];
    if (typeof after === "number") c.header("retry-after", String(after));
    return c.json({ error: error.body }, httpStatusOf(error.code));
  }
}

async function placeOf(c: AppContext, id: string): Promise<DeploymentPlace | null> {
  if (!/^hook_[0-9a-z]{1,60}$/.test(id)) return null;
  const remembered = known.get(id);
  if (remembered) return remembered;
  const place = await placeOfWebhook(c.get("directory"), id);
  if (!place) return null;
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(id, place);
  return place;
}
