/**
 * Tests the access of every procedure, HTTP route and socket with every role, a foreign organization, and credentials that are missing,
 * expired or revoked. A route or procedure that is not in this table fails the test.
 */
import { beforeAll, describe, expect, test } from "vitest";
import type { Role } from "@headgate/shared/domain/access/role.ts";
import { PROCEDURE_NAMES, PROCEDURES } from "@headgate/shared/contract/table.ts";
import { AGENT_SUBPROTOCOL } from "@headgate/shared/protocol/version.ts";
import httpApi from "../../../docs/reference/http-api.md?raw";
import { signAttemptToken } from "../src/deployment/kernel/attempt-token.ts";
import { app } from "../src/http/app.ts";
import { ROLES, roleIncludes } from "@headgate/shared/domain/access/role.ts";
import { appRouter } from "../src/trpc/router.ts";
import { call, errorOf, HOST, type Call, type Credentials } from "./support/client.ts";
import { makePlace, migrate, type Place } from "./support/world.ts";

const SHA = "0".repeat(64);
const RUN = "01993000-0000-7000-8000-000000000000";
/** An attempt token in the right form that no deployment has signed. */
const MADE_UP_POD = signAttemptToken(
  { run: RUN, step: "a/b", epoch: 1, attempt: 1, deployment: "dep", token: "tok", expiresAt: Number.MAX_SAFE_INTEGER },
  new Uint8Array(32),
);
const socket = { upgrade: "websocket" };
const agentSocket = { ...socket, "sec-websocket-protocol": AGENT_SUBPROTOCOL };

/** Routes of a deployment, as the router prints them, with the role they need and a harmless call. */
const DEPLOYMENT_ROUTES: Readonly<Record<string, { readonly role: Role; readonly call: Call }>> = {
  "POST /api/:org/:dep/locations/:name/versions": { role: "editor", call: { method: "POST", path: "/locations/lake/versions", json: {} } },
  "PUT /api/:org/:dep/blobs/:sha256": { role: "editor", call: { method: "PUT", path: `/blobs/${SHA}`, body: "not that hash" } },
  "POST /api/:org/:dep/blobs": { role: "editor", call: { method: "POST", path: "/blobs", body: "no batch" } },
  "POST /api/:org/:dep/locations/:name/versions/:id/activate": {
    role: "editor",
    call: { method: "POST", path: "/locations/lake/versions/none/activate" },
  },
  "POST /api/:org/:dep/locations/:name/errors": { role: "editor", call: { method: "POST", path: "/locations/lake/errors", json: {} } },
  "GET /api/:org/:dep/definitions/:hash": { role: "viewer", call: { path: "/definitions/none" } },
  "GET /api/:org/:dep/runs/:run/logs/:step/:attempt/:stream": { role: "viewer", call: { path: `/runs/${RUN}/logs/a%2Fb/1/stdout` } },
  "GET /api/:org/:dep/live": { role: "viewer", call: { path: "/live", headers: socket } },
  "GET /api/:org/:dep/trpc/*": { role: "viewer", call: { path: "/trpc/home.get" } },
  "POST /api/:org/:dep/trpc/*": { role: "viewer", call: { method: "POST", path: "/trpc/home.get", json: {} } },
};
const AGENT_ROUTES: Readonly<Record<string, Call>> = {
  "GET /agent/v1/connect": { path: "/agent/v1/connect", headers: agentSocket },
  "GET /agent/v1/versions/:location/:version": { path: "/agent/v1/versions/lake/none" },
  "GET /agent/v1/blobs/:sha256": { path: `/agent/v1/blobs/${SHA}` },
  "POST /agent/v1/blobs": { method: "POST", path: "/agent/v1/blobs", json: { blobs: [SHA] } },
  "PUT /agent/v1/logs/:run/:step/:attempt/:stream/:chunk": {
    method: "PUT",
    path: `/agent/v1/logs/${RUN}/a%2Fb/1/stdout/0?offset=0`,
    body: "not gzip",
  },
  "POST /agent/v1/attempt-token": { method: "POST", path: "/agent/v1/attempt-token", json: { run: RUN, step: "a/b", epoch: 1 } },
  "POST /agent/v1/attempt-end": {
    method: "POST",
    path: "/agent/v1/attempt-end",
    json: { run: RUN, step: "a/b", epoch: 1, outcome: "canceled" },
  },
  "POST /agent/v1/attempt-waits": {
    method: "POST",
    path: "/agent/v1/attempt-waits",
    json: { run: RUN, step: "a/b", epoch: 1, reason: "quota" },
  },
};
/** Tested in `bootstrap.test.ts`, `login.test.ts` and `webhooks.test.ts`. */
const OTHER_ROUTES = [
  "GET /healthz",
  "GET /_app/*",
  "POST /api/v1/bootstrap",
  "GET /login/:token",
  "POST /login/:token",
  "POST /api/v1/login-links",
  "POST /api/v1/logout",
  // Senders of webhooks have no Headgate credentials; see `webhooks.test.ts`.
  "POST /hooks/:id",
  "POST /hooks/:id/:secret",
  "GET /api/v1/session",
];

let acme: Place;
let globex: Place;
beforeAll(async () => {
  await migrate();
  acme = await makePlace("acme", "prod");
  globex = await makePlace("globex", "prod");
});

const at = (path: string, place: Place = acme): string => `/api/${place.place.org}/${place.place.name}${path}`;

/** The status of a request; an opened socket is closed. */
async function statusOf(request: Call): Promise<number> {
  const response = await call(request);
  response.webSocket?.accept();
  response.webSocket?.close(1000);
  expect(response.status).toBeLessThan(500);
  if (response.status >= 400) expect(await errorOf(response)).toMatchObject({ code: expect.any(String), message: expect.any(String) });
  return response.status;
}

const refused = (status: number): boolean => status === 401 || status === 403;

/** Credentials of owners that must not give access to acme. */
function badCredentials(): readonly (readonly [name: string, as: Credentials, status: number])[] {
  const changed = (text: string | undefined): string => (text ?? "").replace(/.$/, (last) => (last === "A" ? "B" : "A"));
  return [
    ["no credentials", {}, 401],
    ["an expired session", acme.expired.session, 401],
    ["an expired token", acme.expired.token, 401],
    ["a revoked token", acme.revoked.token, 401],
    ["a made-up session", { cookie: "x".repeat(43) }, 401],
    ["a token with another secret", { token: changed(acme.tokens.owner.token) }, 401],
    ["an agent token named an API token", { token: (acme.agent.token ?? "").replace("hg_agent_", "hg_api_") }, 401],
    ["an agent token", acme.agent, 403],
    ["a foreign session", globex.sessions.owner, 404],
    ["a foreign token", globex.tokens.owner, 404],
  ];
}

async function expectRefused(request: (as: Credentials) => Call): Promise<void> {
  const seen = await Promise.all(badCredentials().map(async ([name, as]) => [name, await statusOf(request(as))]));
  expect(seen).toEqual(badCredentials().map(([name, , status]) => [name, status]));
}

describe("the access table", () => {
  test("the router has a procedure for every row of the contract and no other", () => {
    expect(Object.keys(appRouter._def.procedures).toSorted()).toEqual(PROCEDURE_NAMES.toSorted());
  });

  test("no command of the contract is open to viewers", () => {
    expect(Object.entries(PROCEDURES).filter(([, row]) => row.kind === "command" && row.role === "viewer")).toEqual([]);
  });

  test("the table names every route of the Worker", () => {
    const routes = new Set(app.routes.filter((route) => route.method !== "ALL").map((route) => `${route.method} ${route.path}`));
    expect([...Object.keys(DEPLOYMENT_ROUTES), ...Object.keys(AGENT_ROUTES), ...OTHER_ROUTES].toSorted()).toEqual([...routes].toSorted());
  });
});

test("every route is in the reference of the HTTP API", () => {
  for (const route of [...Object.keys(DEPLOYMENT_ROUTES), ...Object.keys(AGENT_ROUTES), ...OTHER_ROUTES])
    expect(httpApi).toContain(`\`${route}\``);
});

describe.each(PROCEDURE_NAMES.map((name) => [name, PROCEDURES[name].role] as const))("procedure %s needs %s", (path, needed) => {
  const request = (as: Credentials): Call => ({ method: "POST", path: at(`/trpc/${path}`), as, json: {} });

  test.each(ROLES)("a caller with the role %s gets the right answer", async (role) => {
    for (const as of [acme.sessions[role], acme.tokens[role]]) {
      const { status } = await call(request(as));
      expect(status).toBeLessThan(500);
      expect(refused(status)).toBe(!roleIncludes(role, needed));
    }
  });

  test("missing, expired, foreign and wrong credentials are refused", async () => {
    await expectRefused(request);
  });

  test("a request from a foreign page is refused", async () => {
    expect(await statusOf(request({ ...acme.sessions.owner, origin: "https://evil.test" }))).toBe(403);
  });
});

describe.each(Object.entries(DEPLOYMENT_ROUTES))("route %s:", (_, { role: needed, call: made }) => {
  const request = (as: Credentials): Call => ({ ...made, path: at(made.path), as });

  test.each(ROLES)("a caller with the role %s gets the right answer", async (role) => {
    for (const as of [acme.sessions[role], acme.tokens[role]])
      expect(refused(await statusOf(request(as)))).toBe(!roleIncludes(role, needed));
  });

  test("missing, expired, foreign and wrong credentials are refused", async () => {
    await expectRefused(request);
  });

  test.runIf(made.method !== undefined || made.headers === socket)("a foreign page, and a cookie without a page, are refused", async () => {
    for (const origin of ["https://evil.test", null]) expect(await statusOf(request({ ...acme.sessions.owner, origin }))).toBe(403);
  });
});

describe.each(Object.entries(AGENT_ROUTES))("agents' route %s:", (_, made) => {
  test("an agent is admitted", async () => {
    expect(refused(await statusOf({ ...made, as: acme.agent }))).toBe(false);
  });

  test("any other caller is refused", async () => {
    const others = [...Object.values(acme.tokens), ...Object.values(acme.sessions)];
    const seen = await Promise.all(others.map((as) => statusOf({ ...made, as })));
    expect(new Set(seen)).toEqual(new Set([403]));
  });

  test("missing, expired and revoked credentials are refused", async () => {
    for (const as of [{}, acme.expired.agent, acme.revoked.agent, { token: MADE_UP_POD }])
      expect(await statusOf({ ...made, as })).toBe(401);
  });

  test("a request from a web page is refused", async () => {
    for (const origin of [HOST, "https://evil.test"]) expect(await statusOf({ ...made, as: { ...acme.agent, origin } })).toBe(403);
  });
});

test("a live socket with a token is refused from a web page", async () => {
  const path = at("/live");
  expect(await statusOf({ path, headers: socket, as: acme.tokens.owner })).toBe(101);
  expect(await statusOf({ path, headers: socket, as: { ...acme.tokens.owner, origin: HOST } })).toBe(403);
});

test("an unknown deployment answers like one of another organization", async () => {
  const foreign = await call({ method: "POST", path: at("/trpc/home.get", globex), as: acme.sessions.owner, json: {} });
  const missing = await call({ method: "POST", path: "/api/globex/nothing/trpc/home.get", as: acme.sessions.owner, json: {} });
  expect([foreign.status, missing.status]).toEqual([404, 404]);
  expect((await errorOf(foreign)).message.replace("prod", "nothing")).toBe((await errorOf(missing)).message);
});

test("unknown addresses answer 404 as JSON", async () => {
  for (const path of ["/api/nothing", "/api/acme/prod/nothing", "/agent/v1/nothing"]) {
    const response = await call({ path, as: acme.sessions.owner });
    expect(response.status).toBe(404);
    expect((await errorOf(response)).code).toBe("not_found");
  }
});
