import { createExecutionContext, createScheduledController, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { CLOSE } from "@headgate/shared/protocol/close-codes.ts";
import { AGENT_SUBPROTOCOL } from "@headgate/shared/protocol/version.ts";
import worker from "../src/worker.ts";
import { openDirectory } from "../src/directory/database.ts";
import { ensureDeployment } from "../src/directory/deployments.ts";
import { ensureOrganization } from "../src/directory/organizations.ts";
import { createToken, revokeToken } from "../src/directory/tokens.ts";
import { apiPath } from "./support/publishing.ts";
import { connect } from "./support/socket.ts";
import { makePlace, migrate, operator } from "./support/world.ts";

beforeAll(migrate);

async function runSweep(): Promise<void> {
  const context = createExecutionContext();
  await worker.scheduled(createScheduledController({ scheduledTime: new Date(), cron: "*/5 * * * *" }), env);
  await waitOnExecutionContext(context);
}

test("the sweep deletes expired sessions and links and keeps the others", async () => {
  await makePlace("acme", "prod");
  const count = async (): Promise<unknown> =>
    (await env.DB.prepare("SELECT count(*) AS n, sum(expires_at < ?) AS over FROM session").bind(Date.now()).all()).results[0];
  expect(await count()).toEqual({ n: 6, over: 1 });
  await runSweep();
  expect(await count()).toEqual({ n: 5, over: 0 });
});

test("the sweep closes the sockets of an expired session", async () => {
  const at = await makePlace("late", "prod");
  const socket = await connect({ path: apiPath(at, "/live"), as: at.sessions.viewer });
  await env.DB.prepare("UPDATE session SET expires_at = ? WHERE user_id = (SELECT id FROM user WHERE email = 'viewer@late.test')")
    .bind(Date.now() - 1000)
    .run();
  await runSweep();
  expect((await socket.closed).code).toBe(CLOSE.revoked);
});

test("the sweep closes sockets of tokens whose revocation was cut off", async () => {
  const at = await makePlace("cut", "prod");
  const directory = openDirectory(env.DB);
  const made = await createToken(directory, {
    place: at.place,
    name: "cut off",
    kind: "api",
    role: "viewer",
    expiresInDays: null,
    userId: null,
    actor: operator,
  });
  const socket = await connect({ path: apiPath(at, "/live"), as: { token: made.secret } });
  // The row is changed, and the deployment hears nothing.
  await revokeToken(directory, { place: at.place, id: made.view.id, actor: operator });
  await runSweep();
  expect((await socket.closed).code).toBe(CLOSE.revoked);
});

test("the sweep closes sockets of expired tokens in every deployment", async () => {
  const directory = openDirectory(env.DB);
  const organization = await ensureOrganization(directory, "many", operator);
  const make = (name: string) => ensureDeployment(directory, { org: "many", organizationId: organization.id, name, actor: operator });
  // There is more than one page of deployments, and the token belongs to the last one.
  const places = await Promise.all(Array.from({ length: 8 }, (_, index) => make(`deployment-${index}`)));
  const place = places.toSorted((a, b) => (a.id < b.id ? -1 : 1)).at(-1);
  if (!place) throw new Error("no deployment was made");
  const { view, secret } = await createToken(directory, {
    place,
    name: "short",
    kind: "agent",
    role: null,
    expiresInDays: 1,
    userId: null,
    actor: operator,
  });
  const socket = await connect({
    path: "/agent/v1/connect",
    as: { token: secret },
    headers: { "sec-websocket-protocol": AGENT_SUBPROTOCOL },
  });
  await env.DB.prepare("UPDATE token SET expires_at = ? WHERE id = ?")
    .bind(Date.now() - 1000, view.id)
    .run();
  await runSweep();
  expect((await socket.closed).code).toBe(CLOSE.revoked);
});
