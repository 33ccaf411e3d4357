import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, expect, test, vi } from "vitest";
import type { RunSummary } from "@headgate/shared/contract/runs/run-views.ts";
import type { TokenView } from "@headgate/shared/contract/access/tokens.ts";
import { call } from "./support/client.ts";
import { type DeploymentObject, fireTimers } from "./support/deployment.ts";
import { apiPath, publish, smallLocation, trpc } from "./support/publishing.ts";
import { makePlace, migrate, type Place } from "./support/world.ts";

let places = 0;
const newPlace = (): Promise<Place> => makePlace(`org-${++places}`, "prod");
beforeAll(migrate);

const post = (at: Place, path: string, json: unknown) => call({ method: "POST", path: apiPath(at, path), as: at.sessions.admin, json });

test("several procedures can be called in one request", async () => {
  const at = await newPlace();
  const response = await post(at, "/trpc/locations.list,agents.list?batch=1", { 0: {}, 1: {} });
  expect(await response.json()).toEqual([{ result: { data: [] } }, { result: { data: [] } }]);
});

test("a bad input is refused with the wrong fields", async () => {
  const at = await newPlace();
  const response = await post(at, "/trpc/runs.get", { run: 7 });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({
    error: { data: { body: { code: "invalid_input", message: expect.stringContaining("run:"), details: { issues: [{ path: "run" }] } } } },
  });
});

test("a refusal keeps its code and its message", async () => {
  const at = await newPlace();
  const response = await post(at, "/trpc/runs.get", { run: "01993000-0000-7000-8000-000000000000" });
  expect(response.status).toBe(404);
  expect(await response.json()).toMatchObject({ error: { data: { body: { code: "not_found", message: expect.any(String) } } } });
});

test("an unknown procedure is not found", async () => {
  const at = await newPlace();
  expect((await post(at, "/trpc/runs.erase", {})).status).toBe(404);
});

test("a request above the size limit is refused", async () => {
  const at = await newPlace();
  expect((await post(at, "/trpc/runs.preview", { target: { selection: "x".repeat(2_000_000) } })).status).toBe(413);
});

test("a change cannot be requested by GET", async () => {
  const at = await newPlace();
  const input = encodeURIComponent(JSON.stringify({ target: { selection: "*" } }));
  const response = await call({ path: apiPath(at, `/trpc/runs.launch?input=${input}`), as: at.sessions.owner });
  expect(response.status).toBe(405);
});

test("a launch is audited with its author and target; reading is not", async () => {
  const at = await newPlace();
  await publish(at, await smallLocation());
  const run = await trpc<RunSummary>(at, "runs.launch", { target: { selection: "raw/orders" } });
  await trpc(at, "runs.get", { run: run.id });
  const rows = await vi.waitFor(async () => {
    const { results } = await env.DB.prepare(
      "SELECT actor_kind, actor_name, action, target, after FROM audit WHERE deployment_id = ? AND action LIKE 'runs.%'",
    )
      .bind(at.place.id)
      .all();
    expect(results).toHaveLength(1);
    return results;
  });
  expect(rows).toEqual([
    {
      actor_kind: "token",
      actor_name: "admin token",
      action: "runs.launch",
      target: "raw/orders",
      after: JSON.stringify({ target: { selection: "raw/orders" } }),
    },
  ]);
});

const auditedLaunches = async (at: Place): Promise<unknown[]> => {
  const rows = env.DB.prepare("SELECT target FROM audit WHERE deployment_id = ? AND action = 'runs.launch'").bind(at.place.id);
  return (await rows.all()).results;
};

test("a change is audited although directory and object were away", async () => {
  const at = await newPlace();
  await publish(at, await smallLocation());
  await env.DB.prepare("ALTER TABLE audit RENAME TO audit_away").run();
  await trpc(at, "runs.launch", { target: { selection: "raw/orders" } });
  const stub = env.DEPLOYMENT.get(env.DEPLOYMENT.idFromName(at.place.id));
  await evictDurableObject(stub);
  await env.DB.prepare("ALTER TABLE audit_away RENAME TO audit").run();
  expect(await auditedLaunches(at)).toEqual([]);
  await vi.waitFor(
    async () => {
      await fireTimers(stub as unknown as DeploymentObject, "outbox");
      expect(await auditedLaunches(at)).toEqual([{ target: "raw/orders" }]);
    },
    { timeout: 20_000, interval: 200 },
  );
});

test("a refused change leaves no line that says it was made", async () => {
  const at = await newPlace();
  await publish(at, await smallLocation());
  expect((await post(at, "/trpc/runs.launch", { target: { selection: "nothing/here" } })).status).toBe(400);
  await trpc(at, "runs.launch", { target: { selection: "raw/orders" } });
  await vi.waitFor(async () => expect(await auditedLaunches(at)).toEqual([{ target: "raw/orders" }]));
});

test("an API token only reads by default and is never an owner's", async () => {
  const at = await newPlace();
  const { view, secret } = await trpc<{ view: TokenView; secret: string }>(at, "tokens.create", { name: "reader", kind: "api" });
  expect(view).toMatchObject({ name: "reader", kind: "api", role: "viewer", revokedAt: null });
  const asReader = (path: string) => call({ method: "POST", path: apiPath(at, path), as: { token: secret }, json: {} });
  expect((await asReader("/trpc/locations.list")).status).toBe(200);
  expect((await asReader("/trpc/runs.launch")).status).toBe(403);
  expect((await post(at, "/trpc/tokens.create", { name: "boss", kind: "api", role: "owner" })).status).toBe(400);
});

test("a token made by a session signs in as that person", async () => {
  const at = await newPlace();
  const response = await post(at, "/trpc/tokens.create", { name: "mine", kind: "api", role: "admin" });
  const { result } = await response.json<{ result: { data: { secret: string } } }>();
  expect((await call({ method: "POST", path: "/api/v1/login-links", as: { token: result.data.secret } })).status).toBe(200);
});

test("a token of another deployment cannot be revoked", async () => {
  const [at, other] = [await newPlace(), await newPlace()];
  const [token] = await trpc<TokenView[]>(other, "tokens.list");
  expect((await post(at, "/trpc/tokens.revoke", { id: token?.id })).status).toBe(404);
});
