import { expect, test } from "vitest";
import { defineAsset } from "../../src/definitions/asset.ts";
import { materialize } from "../../src/testing/index.ts";
import { isTrinoError, trinoResource } from "../../src/integrations/trino/index.ts";
import { signature, startFakeTrino, STATS, type FakeOptions, type SeenRequest } from "./fake-trino.test-support.ts";
import { openTrino, rejection } from "./open-trino.test-support.ts";

const PAGES = [{}, { columns: [["n", signature("integer")]], data: "[[1]]" }] as const;
const faulty = (misbehave: FakeOptions["misbehave"]): Parameters<typeof startFakeTrino> => [
  { pages: PAGES, ...(misbehave && { misbehave }) },
];
const first =
  (method: string, times: number, wrong: ReturnType<NonNullable<FakeOptions["misbehave"]>>) =>
  (request: SeenRequest, count: number): typeof wrong =>
    request.method === method && count < times ? wrong : undefined;

test.each([
  ["a 503 while Trino starts", first("POST", 2, { status: 503, body: "Trino server is still initializing" })],
  ["a 502 of a proxy", first("GET", 2, { status: 502 })],
  ["a 504 of a proxy", first("GET", 1, { status: 504 })],
  ["a 429 with its own waiting time", first("GET", 1, { status: 429, headers: { "Retry-After": "0.05" } })],
  ["a connection that breaks", first("GET", 2, "reset")],
  ["a statement whose answer is lost", first("POST", 1, "reset")],
  ["an answer that never comes", first("GET", 1, "hang")],
])("%s is waited out", async (_name, misbehave) => {
  const server = await startFakeTrino(...faulty(misbehave));
  const { trino } = await openTrino({ url: server.url, idleTimeout: 0.2 });
  expect(await trino.scalar("select 1")).toBe(1);
});

test("waiting is told in the log", { timeout: 30_000 }, async () => {
  const server = await startFakeTrino(...faulty(first("GET", 6, { status: 503, body: "<html><b>overloaded</b></html>" })));
  const { trino, lines } = await openTrino({ url: server.url });
  await trino.scalar("select 1");
  expect(lines.filter(({ level }) => level === "warn").map(({ message }) => message)).toEqual([
    `Trino at ${server.url} answers with HTTP status 503: overloaded. Trying again for up to 60 seconds.`,
  ]);
});

test.each([
  ["429", { status: 429 }, "SERVER_UNAVAILABLE", "HTTP status 429"],
  ["502", { status: 502 }, "SERVER_UNAVAILABLE", "HTTP status 502"],
  ["503", { status: 503, body: "draining" }, "SERVER_UNAVAILABLE", "HTTP status 503: draining"],
  ["dropped connections", "reset", "SERVER_UNREACHABLE", "cannot be reached"],
  ["silence", "hang", "SERVER_UNREACHABLE", "no answer for 0.1 seconds"],
] as const)("when patience ends, %s is an error that a retry policy may repeat", async (_name, wrong, name, message) => {
  const server = await startFakeTrino(...faulty(first("GET", Infinity, wrong)));
  const { trino } = await openTrino({ url: server.url, patience: 0.3, idleTimeout: 0.1 });
  expect(await rejection(trino.scalar("select 1"))).toMatchObject({
    name,
    type: "CONNECTION",
    retryable: true,
    message: expect.stringContaining(message),
  });
});

test("a Trino that is down, or a host that does not exist, is said to be", async () => {
  const server = await startFakeTrino({ pages: [] });
  await server.stop();
  const { trino } = await openTrino({ url: server.url, patience: 0.2 });
  expect(await rejection(trino.scalar("select 1"))).toMatchObject({
    name: "SERVER_UNREACHABLE",
    message: expect.stringContaining(`${server.url} cannot be reached`),
  });
  const { trino: nowhere } = await openTrino({ url: "http://trino.invalid:8080", patience: 0.2 });
  expect(await rejection(nowhere.scalar("select 1"))).toMatchObject({ name: "SERVER_UNREACHABLE" });
});

test.each([
  [401, "UNAUTHENTICATED", "Check user, password, token or certificate"],
  [403, "FORBIDDEN", "does not let it in: no access"],
] as const)("HTTP status %i is final", async (status, name, message) => {
  const server = await startFakeTrino(...faulty(first("POST", Infinity, { status, body: "no access" })));
  const { trino } = await openTrino({ url: server.url });
  expect(await rejection(trino.scalar("select 1"))).toMatchObject({ name, retryable: false, message: expect.stringContaining(message) });
  expect(server.seen).toHaveLength(1);
});

test.each([404, 410])("a query that a restarted server does not know any more (%i) is gone", async (status) => {
  const server = await startFakeTrino(...faulty(first("GET", Infinity, { status, body: "Query not found" })));
  const { trino } = await openTrino({ url: server.url });
  expect(await rejection(trino.scalar("select 1"))).toMatchObject({ name: "QUERY_GONE", queryId: "q1", retryable: true });
});

test.each([
  ["a web page", { status: 200, body: "<html>Welcome</html>" }, "something that is not Trino's protocol: <html>Welcome</html>"],
  ["another service", { status: 200, body: `{"ok":true}` }, "Is the address Trino's?"],
  ["an unknown path", { status: 404, body: "no such page" }, "HTTP status 404: no such page"],
  ["a redirect", { status: 302, headers: { Location: "https://login.example.com" } }, "HTTP status 302"],
] as const)("%s in Trino's place is recognized", async (_name, wrong, message) => {
  const server = await startFakeTrino(...faulty(first("POST", Infinity, wrong)));
  const { trino } = await openTrino({ url: server.url });
  expect(await rejection(trino.scalar("select 1"))).toMatchObject({
    name: "PROTOCOL_ERROR",
    retryable: false,
    message: expect.stringContaining(message),
  });
});

const CUT = { status: 200, body: `{"id":"q1","data":[[1],` } as const;

test.each([
  ["a page that is cut short", CUT],
  ["an empty page", { status: 200, body: "" }],
  ["a login page", { status: 200, body: "<html>Sign in</html>", headers: { "Content-Type": "text/html" } }],
  ["a redirect to a login page", { status: 302, headers: { Location: "https://login.example.com" } }],
  ["an answer of another service", { status: 200, body: `{"ok":true}` }],
  ["an internal error of a proxy", { status: 500, body: "proxy error" }],
] as const)("%s in the middle of a query is asked for again", async (_name, wrong) => {
  const server = await startFakeTrino(...faulty(first("GET", 1, wrong)));
  const { trino } = await openTrino({ url: server.url });
  expect(await trino.all("select n")).toEqual([{ n: 1 }]);
  expect(server.of("POST")).toHaveLength(1);
});

test("a page that is always cut fails and may be retried", async () => {
  const server = await startFakeTrino(...faulty(first("GET", Infinity, CUT)));
  const { trino } = await openTrino({ url: server.url });
  expect(await rejection(trino.all("select n"))).toMatchObject({
    name: "SERVER_UNAVAILABLE",
    retryable: true,
    message: expect.stringContaining("4 times in the middle of a query"),
  });
  expect(server.of("DELETE")).toHaveLength(1);
});

test.each(["SERVER_STARTING_UP", "NO_NODES_AVAILABLE"])(
  "a server that takes statements but is not up yet (%s) is waited for",
  async (errorName) => {
    const error = { message: "still initializing", errorCode: 1, errorName, errorType: "INTERNAL_ERROR" };
    const answer = JSON.stringify({ id: "q0", infoUri: "", error, stats: STATS });
    const server = await startFakeTrino(...faulty(first("POST", 1, { status: 200, body: answer })));
    const { trino } = await openTrino({ url: server.url });
    expect(await trino.scalar("select 1")).toBe(1);
    expect(server.of("POST")).toHaveLength(2);
    const never = await startFakeTrino(...faulty(first("POST", Infinity, { status: 200, body: answer })));
    const { trino: impatient } = await openTrino({ url: never.url, patience: 0.2 });
    expect(await rejection(impatient.scalar("select 1"))).toMatchObject({ name: errorName, retryable: true });
  },
);

test.each([
  ["INSUFFICIENT_RESOURCES", "EXCEEDED_LOCAL_MEMORY_LIMIT", true, "raise query.max-memory-per-node"],
  ["USER_ERROR", "SYNTAX_ERROR", false, "mismatched input"],
  ["INTERNAL_ERROR", "GENERIC_INTERNAL_ERROR", true, "mismatched input"],
  ["EXTERNAL", "ICEBERG_COMMIT_ERROR", true, "mismatched input"],
] as const)("a step that fails with %s %s keeps the name, and whether to retry", async (errorType, errorName, retryable, message) => {
  const error = { message: "mismatched input", errorCode: 1, errorName, errorType };
  const server = await startFakeTrino({ pages: [{}, { more: { error } }] });
  const trino = trinoResource({ url: server.url });
  const asset = defineAsset({
    key: "orders",
    requires: [trino],
    run: async ({ resources }) => void (await resources.trino.execute("selec 1")),
  });
  const result = await materialize([asset]);
  expect([...result.steps.values()]).toMatchObject([
    { outcome: "failed", retryable, failure: { kind: "user_code", name: errorName, message: expect.stringContaining(message) } },
  ]);
});

test.each([
  [{ url: "trino.example.com" }, "is not the address of a Trino server"],
  [{ url: "https://bob:secret@trino.example.com" }, "contains a user"],
  [{ host: "trino", auth: { type: "basic", password: "x" } }, "needs https"],
  [{ url: { env: "NO_SUCH_URL" } }, "environment variable NO_SUCH_URL"],
  [{ url: "https://trino", ca: "certs/none.pem" }, "ca cannot be read from"],
] as const)("wrong settings are refused before anything is sent: %j", async (options, message) => {
  const found = await rejection(openTrino(options));
  expect(found).toMatchObject({ message: expect.stringContaining(message) });
  expect(String(found)).not.toContain("secret");
  expect(isTrinoError(found)).toBe(false);
});
