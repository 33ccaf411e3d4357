import { env, exports } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import type { SessionView } from "@headgate/shared/contract/access/session.ts";
import { openDirectory } from "../src/directory/database.ts";
import { createLoginLink, LOGIN_LINK_MS } from "../src/directory/login-links.ts";
import { ensureMember } from "../src/directory/members.ts";
import { createToken, revokeToken } from "../src/directory/tokens.ts";
import { call, cookieOf, errorOf, HOST } from "./support/client.ts";
import { directoryAt, makePlace, migrate, operator, type Place } from "./support/world.ts";

let acme: Place;
let userId: string;
beforeAll(async () => {
  await migrate();
  acme = await makePlace("acme", "prod");
  const person = { name: "owner", email: "owner@acme.test" };
  ({ id: userId } = await ensureMember(openDirectory(env.DB), {
    organizationId: acme.place.organizationId,
    person,
    role: "owner",
    deploymentId: null,
    actor: operator,
  }));
});

function link(at = openDirectory(env.DB)): Promise<string> {
  return createLoginLink(at, { userId, target: acme.place, deploymentId: null, maxRole: "owner", tokenId: null, actor: operator });
}

const signIn = (secret: string): Promise<Response> => call({ method: "POST", path: `/login/${secret}` });

describe("login links", () => {
  test("a link signs in once, with a cookie hidden from scripts", async () => {
    const secret = await link();
    const first = await signIn(secret);
    expect(first.status).toBe(303);
    expect(first.headers.get("set-cookie")).toMatch(/^__Host-headgate_session=.*Path=\/; HttpOnly; Secure; SameSite=Lax/);
    expect(first.headers.get("cache-control")).toBe("no-store");
    const second = await signIn(secret);
    expect(second.status).toBe(401);
    expect(second.headers.get("content-type")).toContain("text/html");
    expect(second.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(second.headers.get("set-cookie")).toBeNull();
  });

  test("a link opened by two browsers at once signs in only one", async () => {
    const secret = await link();
    const answers = await Promise.all(Array.from({ length: 4 }, () => signIn(secret)));
    expect(answers.filter((answer) => answer.status === 303)).toHaveLength(1);
    expect(answers.filter((answer) => answer.status === 401)).toHaveLength(3);
  });

  test("a link expires after ten minutes", async () => {
    const secret = await link(directoryAt(() => Date.now() - LOGIN_LINK_MS - 1));
    expect((await call({ path: `/login/${secret}` })).status).toBe(401);
    expect((await signIn(secret)).status).toBe(401);
  });

  test("scanners and previews that open a link do not use it up", async () => {
    const secret = await link();
    for (const method of ["HEAD", "GET", "GET"]) expect((await call({ method, path: `/login/${secret}` })).status).toBe(200);
    const page = await call({ path: `/login/${secret}` });
    expect(page.headers.get("set-cookie")).toBeNull();
    expect(page.headers.get("content-security-policy")).toContain("form-action 'self'");
    const text = await page.text();
    expect(text).toContain("owner@acme.test");
    expect(text).not.toContain(secret);
    expect((await signIn(secret)).status).toBe(303);
  });

  test("a foreign page cannot sign a browser in", async () => {
    const secret = await link();
    for (const origin of ["https://evil.test", "null"])
      expect((await call({ method: "POST", path: `/login/${secret}`, headers: { origin } })).status).toBe(403);
    expect((await call({ method: "POST", path: `/login/${secret}`, headers: { origin: HOST } })).status).toBe(303);
  });

  test("refused sign-ins and rights are in the audit log", async () => {
    await signIn("a-link-that-never-was");
    await call({ path: "/api/v1/session", as: { token: "hg_api_00000000000000000000_wrong" } });
    await call({ method: "POST", path: "/api/acme/prod/trpc/tokens.list", as: acme.tokens.viewer, json: {} });
    const noted = async () =>
      (await env.DB.prepare("SELECT action, actor_kind, actor_name, target FROM audit WHERE action LIKE '%.refuse' ORDER BY at").all())
        .results;
    await expect.poll(noted).toEqual(
      expect.arrayContaining([
        { action: "sign_in.refuse", actor_kind: "unknown", actor_name: "unknown", target: "login link" },
        { action: "sign_in.refuse", actor_kind: "unknown", actor_name: "unknown", target: "GET /api/v1/session" },
        { action: "access.refuse", actor_kind: "token", actor_name: "viewer token", target: "tokens.list" },
      ]),
    );
  });

  test("a flood of refused sign-ins leaves few lines in the audit log", async () => {
    const headers = { "cf-connecting-ip": "192.0.2.7" };
    for (let number = 0; number < 40; number++) await call({ method: "POST", path: `/login/wrong-${number}`, headers });
    const { results } = await env.DB.prepare("SELECT count(*) AS count FROM audit WHERE origin = '192.0.2.7'").all();
    const refusals = Number(results[0]?.["count"]);
    expect(refusals).toBeGreaterThanOrEqual(20);
    expect(refusals).toBeLessThanOrEqual(21);
  });

  test("a token's link gives no more rights and ends with it", async () => {
    const directory = openDirectory(env.DB);
    await makePlace("acme", "staging");
    const made = await createToken(directory, {
      place: acme.place,
      name: "ci",
      kind: "api",
      role: "admin",
      expiresInDays: null,
      userId,
      actor: operator,
    });
    const response = await call({ method: "POST", path: "/api/v1/login-links", as: { token: made.secret } });
    const { url } = await response.json<{ url: string }>();
    const cookie = cookieOf(await call({ method: "POST", path: url.slice(HOST.length) }));
    const session = await call({ path: "/api/v1/session", as: { cookie } });
    expect((await session.json<SessionView>()).deployments).toEqual([{ name: "prod", role: "admin" }]);
    expect((await call({ method: "POST", path: "/api/acme/staging/trpc/home.get", as: { cookie } })).status).toBe(404);

    const unused = await call({ method: "POST", path: "/api/v1/login-links", as: { token: made.secret } });
    await revokeToken(directory, { place: acme.place, id: made.view.id, actor: operator });
    expect((await call({ path: "/api/v1/session", as: { cookie } })).status).toBe(401);
    const { url: late } = await unused.json<{ url: string }>();
    for (const method of ["GET", "POST"]) expect((await call({ method, path: late.slice(HOST.length) })).status).toBe(401);
  });

  test("editors, agents, sessions and tokens without a person make no link", async () => {
    for (const as of [acme.tokens.editor, acme.agent, acme.sessions.owner, acme.tokens.owner]) {
      expect((await call({ method: "POST", path: "/api/v1/login-links", as })).status).toBe(403);
    }
  });
});

describe("sessions", () => {
  test("a session ends by logging out", async () => {
    const cookie = cookieOf(await signIn(await link()));
    expect((await call({ method: "POST", path: "/api/v1/logout", as: { cookie } })).status).toBe(200);
    expect((await call({ path: "/api/v1/session", as: { cookie } })).status).toBe(401);
  });

  test("a second server on another port does not end a session", async () => {
    const directory = openDirectory(env.DB);
    const response = await exports.default.fetch(`http://127.0.0.1:7480/login/${await link(directory)}`, {
      method: "POST",
      redirect: "manual",
    });
    const [cookie] = (response.headers.get("set-cookie") ?? "").split(";");
    expect(cookie).toMatch(/^headgate_session_7480=/);
    const both = `headgate_session_7481=${"x".repeat(43)}; ${cookie}`;
    for (const port of [7480, 5173])
      expect((await exports.default.fetch(`http://127.0.0.1:${port}/api/v1/session`, { headers: { cookie: both } })).status).toBe(200);
  });

  test("a session ends after thirty days, however much it is used", async () => {
    const cookie = cookieOf(await signIn(await link()));
    const day = 24 * 60 * 60 * 1000;
    const age = (days: number) =>
      env.DB.prepare("UPDATE session SET created_at = ?, expires_at = ?")
        .bind(Date.now() - days * day, Date.now() + 3 * day)
        .run();
    await age(28);
    expect((await call({ path: "/api/v1/session", as: { cookie } })).status).toBe(200);
    const { results } = await env.DB.prepare("SELECT max(expires_at - created_at) AS longest FROM session").all();
    expect(Number(results[0]?.["longest"])).toBeLessThanOrEqual(31 * day);
    await age(31);
    expect((await call({ path: "/api/v1/session", as: { cookie } })).status).toBe(401);
  });

  test("a cookie that a neighbouring site may have planted is ignored", async () => {
    const cookie = cookieOf(await signIn(await link()));
    const headers = { cookie: `headgate_session=${cookie}` };
    expect((await call({ path: "/api/v1/session", headers })).status).toBe(401);
  });

  test("a session is extended by use, at most once an hour", async () => {
    const cookie = cookieOf(await signIn(await link()));
    expect((await call({ path: "/api/v1/session", as: { cookie } })).headers.get("set-cookie")).toBeNull();
    await env.DB.prepare("UPDATE session SET expires_at = expires_at - 2 * 60 * 60 * 1000").run();
    expect((await call({ path: "/api/v1/session", as: { cookie } })).headers.get("set-cookie")).toContain(cookie);
    expect((await call({ path: "/api/v1/session", as: { cookie } })).headers.get("set-cookie")).toBeNull();
  });

  test("a session changes nothing for a foreign page or without an origin", async () => {
    const cookie = cookieOf(await signIn(await link()));
    for (const origin of ["https://evil.test", "http://headgate.test", "null", null]) {
      const response = await call({ method: "POST", path: "/api/v1/logout", as: { cookie, origin } });
      expect(response.status).toBe(403);
      expect((await errorOf(response)).message).toContain(HOST);
    }
    expect((await call({ path: "/api/v1/session", as: { cookie, origin: null } })).status).toBe(200);
  });

  test("a session shows only deployments that the person has a role in", async () => {
    const directory = openDirectory(env.DB);
    const foreign = await makePlace("globex", "prod");
    const person = { name: "guest", email: "guest@acme.test" };
    const guest = await ensureMember(directory, {
      organizationId: acme.place.organizationId,
      person,
      role: "viewer",
      deploymentId: acme.place.id,
      actor: operator,
    });
    const secret = await createLoginLink(directory, {
      userId: guest.id,
      target: acme.place,
      deploymentId: null,
      maxRole: "owner",
      tokenId: null,
      actor: operator,
    });
    const cookie = cookieOf(await signIn(secret));
    const session = await call({ path: "/api/v1/session", as: { cookie } });
    expect((await session.json<SessionView>()).deployments).toEqual([{ name: "prod", role: "viewer" }]);
    expect((await call({ path: `/api/v1/session?organization=${foreign.place.org}`, as: { cookie } })).status).toBe(404);

    const other = await makePlace("acme", "other");
    const asGuest = (path: string) => call({ method: "POST", path, as: { cookie }, json: {} });
    expect((await asGuest("/api/acme/prod/trpc/locations.list")).status).toBe(200);
    expect((await asGuest("/api/acme/other/trpc/locations.list")).status).toBe(404);
    // The higher of the organization's and the deployment's role counts.
    const membership = { organizationId: acme.place.organizationId, person, actor: operator };
    await ensureMember(directory, { ...membership, role: "viewer", deploymentId: null });
    await ensureMember(directory, { ...membership, role: "admin", deploymentId: other.place.id });
    expect((await asGuest("/api/acme/prod/trpc/tokens.list")).status).toBe(403);
    expect((await asGuest("/api/acme/other/trpc/tokens.list")).status).toBe(200);
  });
});
