/** The Airbyte server of these tests is only worth something if it refuses what Airbyte's API does not document. */
import { afterEach, beforeEach, expect, it } from "vitest";
import { CLIENT, SHOP, startAirbyte, type AirbyteServer } from "./airbyte-server.test-support.ts";

let server: AirbyteServer;
beforeEach(async () => {
  server = await startAirbyte();
});
afterEach(() => server.close());

const ask = async (path: string, init: RequestInit = {}): Promise<number> =>
  (await fetch(`${server.url}/api/public/v1${path}`, init)).status;
const post = (path: string, body: unknown): Promise<number> => ask(path, { method: "POST", body: JSON.stringify(body) });

it("the test server refuses unknown paths, parameters and bodies, and remembers why", async () => {
  const refused = await Promise.all([
    ask("/connections"),
    ask("/jobs?limit=101"),
    ask("/jobs?status=done"),
    ask("/jobs?updatedAfter=2025-01-01T00:00:00Z"),
    ask("/jobs?updatedAtStart=yesterday"),
    ask("/jobs?orderBy=updatedAt"),
    ask("/jobs?orderBy=status|DESC"),
    ask("/jobs/abc"),
    post("/jobs", { connectionId: "shop", jobType: "sync" }),
    post("/jobs", { connectionId: SHOP }),
    post("/applications/token", { clientId: "client", clientSecret: "secret" }),
  ]);
  expect(refused).toEqual([404, ...Array.from({ length: 10 }, () => 400)]);
  expect(server.violations).toHaveLength(refused.length);
});

it("the test server wants a valid token, except where tokens are issued", async () => {
  const body = { client_id: CLIENT.clientId, client_secret: CLIENT.clientSecret };
  expect(await post("/applications/token", body)).toBe(200);
  expect(await ask("/jobs")).toBe(401);
  expect(await ask("/jobs", { headers: { authorization: "Bearer forged" } })).toBe(401);
  expect(server.violations).toEqual([]);
});

it("the test server notices when its own answer is not as documented", async () => {
  server.add({ status: "done" as "succeeded" });
  const answer = await fetch(`${server.url}/api/public/v1/applications/token`, {
    method: "POST",
    body: JSON.stringify({ client_id: CLIENT.clientId, client_secret: CLIENT.clientSecret }),
  });
  const { access_token } = (await answer.json()) as { access_token: string };
  await ask("/jobs", { headers: { authorization: `Bearer ${access_token}` } });
  expect(server.violations[0]).toContain("answer of listJobs");
});
