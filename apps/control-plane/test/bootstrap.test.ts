import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import type { BootstrapAnswer } from "@headgate/shared/contract/http/routes.ts";
import { call, cookieOf, errorOf, HOST } from "./support/client.ts";
import { migrate } from "./support/world.ts";

const operator = { token: env.BOOTSTRAP_SECRET };
const request = { organization: "acme", deployment: "prod", user: { name: "Ada" } };

async function bootstrap(json: unknown): Promise<BootstrapAnswer> {
  const response = await call({ method: "POST", path: "/api/v1/bootstrap", as: operator, json });
  expect(response.status).toBe(200);
  return response.json<BootstrapAnswer>();
}

beforeAll(migrate);

describe("bootstrapping", () => {
  test("the first call makes organization, deployment, owner, tokens and login link", async () => {
    const answer = await bootstrap(request);
    expect(answer.agentToken).toMatch(/^hg_agent_[0-9a-z]{20}_[A-Za-z0-9_-]{43}$/);
    expect(answer.apiToken).toMatch(/^hg_api_[0-9a-z]{20}_[A-Za-z0-9_-]{43}$/);
    const login = await call({ method: "POST", path: answer.loginUrl.slice(HOST.length) });
    expect(login.status).toBe(303);
    expect(login.headers.get("location")).toBe("/acme/prod");
    const session = await call({ path: "/api/v1/session", as: { cookie: cookieOf(login) } });
    expect(await session.json()).toEqual({
      user: { name: "Ada", email: null },
      organization: { slug: "acme", name: "acme" },
      deployments: [{ name: "prod", role: "owner" }],
    });
  });

  test("a repeated call makes only a new login link", async () => {
    const first = await bootstrap({ ...request, deployment: "again" });
    const second = await bootstrap({ ...request, deployment: "again" });
    expect(second).toMatchObject({ agentToken: null, apiToken: null });
    expect(second.loginUrl).not.toBe(first.loginUrl);
    const { results } = await env.DB.prepare(
      "SELECT (SELECT count(*) FROM user) AS users, (SELECT count(*) FROM organization) AS organizations",
    ).all();
    expect(results).toEqual([{ users: 1, organizations: 1 }]);
  });

  test("lost tokens are replaced on request, and the older ones stay valid", async () => {
    const first = await bootstrap({ ...request, deployment: "lost" });
    const second = await bootstrap({ ...request, deployment: "lost", tokens: "new" });
    expect(second.apiToken).not.toBe(first.apiToken);
    for (const token of [first.apiToken, second.apiToken])
      expect((await call({ path: "/api/v1/session", as: { token: token ?? "" } })).status).toBe(200);
  });

  test("simultaneous callers get one organization, deployment and owner", async () => {
    const answers = await Promise.all(
      Array.from({ length: 5 }, () =>
        bootstrap({ organization: "race", deployment: "prod", user: { name: "Eve", email: "Eve@race.test" } }),
      ),
    );
    expect(new Set(answers.map((answer) => answer.loginUrl)).size).toBe(5);
    const { results } = await env.DB.prepare(
      "SELECT count(*) AS n FROM member JOIN user ON user.id = member.user_id WHERE user.email = 'eve@race.test'",
    ).all();
    expect(results).toEqual([{ n: 1 }]);
  });

  test.each([
    ["no secret", {}],
    ["a wrong secret", { token: "x".repeat(40) }],
    ["a token instead of the secret", { token: `hg_api_${"0".repeat(20)}_${"A".repeat(43)}` }],
  ])("%s is refused with 401", async (_, as) => {
    const response = await call({ method: "POST", path: "/api/v1/bootstrap", as, json: request });
    expect(response.status).toBe(401);
    expect((await errorOf(response)).code).toBe("unauthenticated");
  });

  test.each([
    ["an upper case name", { ...request, organization: "Acme" }],
    ["a reserved name", { ...request, organization: "v1" }],
    ["a path as a name", { ...request, deployment: "../prod" }],
    ["no user", { organization: "acme", deployment: "prod" }],
  ])("%s is refused with a message that names the field", async (_, json) => {
    const response = await call({ method: "POST", path: "/api/v1/bootstrap", as: operator, json });
    expect(response.status).toBe(400);
    expect((await errorOf(response)).message).toMatch(/organization|deployment|user/);
  });

  test("every change is in the audit log, without a secret", async () => {
    const { apiToken } = await bootstrap({ ...request, organization: "audited" });
    const { results } = await env.DB.prepare(
      "SELECT action, actor_kind, after FROM audit WHERE organization_id = (SELECT id FROM organization WHERE slug = 'audited') ORDER BY at, rowid",
    ).all<{ action: string; actor_kind: string; after: string | null }>();
    expect(results.map((row) => row.action).toSorted()).toEqual([
      "deployment.create",
      "login_link.create",
      "member.add",
      "organization.create",
      "token.create",
      "token.create",
    ]);
    expect(new Set(results.map((row) => row.actor_kind))).toEqual(new Set(["operator"]));
    expect(JSON.stringify(results)).not.toContain((apiToken ?? "").slice(-43));
  });

  test("no secret is stored in plain text", async () => {
    const { apiToken, agentToken, loginUrl } = await bootstrap({ ...request, organization: "hashed" });
    const stored: unknown[] = [];
    for (const table of ["token", "login_link", "session", "audit"]) stored.push(await env.DB.prepare(`SELECT * FROM ${table}`).all());
    for (const secret of [apiToken?.slice(-43), agentToken?.slice(-43), loginUrl.slice(-43)])
      expect(JSON.stringify(stored)).not.toContain(secret);
  });
});
