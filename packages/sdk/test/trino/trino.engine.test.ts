/** The resource against a real Trino: values, counts, sessions, sign-in, cancellation, and the faults that a server can be brought to. */
import { fork } from "node:child_process";
import { createHmac, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { makeAuthority } from "@headgate/shared/testing/certificates.ts";
import { openTrino, rejection, until } from "./open-trino.test-support.ts";
import {
  dataFolder,
  freePort,
  queriesOf,
  queryForever,
  runningWith,
  startTrinoServer,
  type TrinoServer,
} from "./trino-server.test-support.ts";

const authority = makeAuthority();
const JWT_KEY = randomBytes(32).toString("base64");
const LONG = "select count(*) from tpch.sf1000.lineitem";
let server: TrinoServer;
let httpsPort = 0;

beforeAll(async () => {
  const dataDir = await dataFolder("sdk-trino");
  mkdirSync(dataDir, { recursive: true });
  const file = (name: string, text: string): string => {
    writeFileSync(join(dataDir, name), text);
    return join(dataDir, name);
  };
  const { cert, key } = authority.issue("trino");
  httpsPort = await freePort();
  server = await startTrinoServer({
    dataDir,
    config: {
      // Long enough for every client that polls, short enough to show that an idle one is kept alive.
      "query.client.timeout": "5s",
      "http-server.https.enabled": "true",
      "http-server.https.port": String(httpsPort),
      "http-server.https.keystore.path": file("server.pem", cert + key),
      "http-server.https.truststore.path": file("ca.pem", authority.cert),
      "http-server.authentication.type": "CERTIFICATE,JWT",
      "http-server.authentication.jwt.key-file": file("jwt.key", JWT_KEY),
      "http-server.authentication.allow-insecure-over-http": "true",
      "internal-communication.shared-secret": randomBytes(32).toString("hex"),
    },
  });
});

afterAll(async () => {
  await server?.stop();
});

test("every kind of value comes back as it was given", async () => {
  const { trino } = await openTrino({ url: server.url, log: "debug", bigints: "bigint" });
  const value = fc.oneof(
    fc.string({ unit: "grapheme" }).map((text) => ({ given: text, expected: text })),
    fc.bigInt({ min: -(2n ** 63n) + 1n, max: 2n ** 63n - 1n }).map((n) => ({ given: n, expected: n })),
    fc.double().map((n) => ({ given: Number.isInteger(n) ? n + 0.5 : n, expected: Number.isInteger(n) ? n + 0.5 : n })),
    fc.uint8Array().map((bytes) => ({ given: bytes, expected: new Uint8Array(bytes) })),
    fc.boolean().map((is) => ({ given: is, expected: is })),
    fc
      .date({ min: new Date("0100-01-01"), max: new Date("9999-01-01"), noInvalidDate: true })
      .map((date) => ({ given: date, expected: date.toISOString().replace("T", " ").replace("Z", "") })),
    fc.array(fc.string(), { minLength: 1 }).map((texts) => ({ given: texts, expected: texts })),
  );
  const lists = fc.array(value, { minLength: 1, maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(lists, async (values) => {
      // Numbers beyond 2^53 with a fraction do not exist: those stay what they are.
      const usable = values.filter(({ given }) => typeof given !== "number" || !Number.isSafeInteger(given));
      const row = await trino.one(`select ${["?", ...usable.map(() => "?")].join(", ")}`, [1n, ...usable.map(({ given }) => given)]);
      expect(Object.values(row).slice(1)).toEqual(usable.map(({ expected }) => expected));
    }),
    { seed: 7, numRuns: 15 },
  );
});

test("types keep their precision", async () => {
  const { trino } = await openTrino({ url: server.url });
  expect(
    await trino.one(`select 9007199254740993 as big, 7 as small, decimal '12345678901234567890.10' as price,
      timestamp '2025-01-01 00:00:00.123456789012' as at, timestamp '2025-01-01 12:00:00.5 Europe/Berlin' as zoned, date '2025-01-01' as day,
      map(array['a'], array[9007199254740993]) as map, cast(row(1, x'ff') as row(id bigint, bytes varbinary)) as named, row(1, 'x') as nameless,
      nan() as nan, json '{"a": [1]}' as json, uuid '12151fd2-7586-11e9-8f9e-2a86e4085a59' as uuid, interval '1' day as gap, null as nothing`),
  ).toEqual({
    big: 9007199254740993n,
    small: 7,
    price: "12345678901234567890.10",
    at: "2025-01-01 00:00:00.123456789012",
    zoned: "2025-01-01 12:00:00.5 Europe/Berlin",
    day: "2025-01-01",
    map: { a: 9007199254740993n },
    named: { id: 1, bytes: new Uint8Array([255]) },
    nameless: [1, "x"],
    nan: Number.NaN,
    json: '{"a":[1]}',
    uuid: "12151fd2-7586-11e9-8f9e-2a86e4085a59",
    gap: "1 00:00:00.000",
    nothing: null,
  });
});

test("statements count what they write", async () => {
  const { trino } = await openTrino({ url: server.url, catalog: "lakehouse", schema: "counts" });
  const count = async (sql: string): Promise<unknown> => {
    const { updateType, updateCount } = await trino.execute(sql);
    return [updateType, updateCount];
  };
  expect(await count("create schema counts")).toEqual(["CREATE SCHEMA", null]);
  expect(await count("create table t as select * from tpch.tiny.nation")).toEqual(["CREATE TABLE", 25]);
  expect(await count("insert into t select * from tpch.tiny.nation where regionkey = 1;")).toEqual(["INSERT", 5]);
  expect(await count("delete from t where regionkey = 1")).toEqual(["DELETE", 10]);
  expect(await count("update t set name = 'x' where nationkey < 3")).toEqual(["UPDATE", 1]);
  expect(await count("select 1")).toEqual([null, null]);
});

test("100,000 rows come page by page; the median of a small query is printed", async () => {
  const { trino } = await openTrino({ url: server.url, log: "debug" });
  const started = performance.now();
  let rows = 0;
  let pages = 0;
  for await (const page of trino.query("select * from tpch.sf1.orders limit 100000").pages()) {
    rows += page.length;
    pages++;
  }
  const seconds = (performance.now() - started) / 1000;
  expect(rows).toBe(100_000);
  expect(pages).toBeGreaterThan(5);
  const times: number[] = [];
  for (let i = 0; i < 21; i++) {
    const before = performance.now();
    await trino.scalar("select 1");
    times.push(performance.now() - before);
  }
  console.log(
    `100,000 rows of nine columns in ${seconds.toFixed(1)} s, ${pages} pages; select 1: ${times.sort((a, b) => a - b)[10]?.toFixed(0)} ms`,
  );
});

test("the server knows for whom a query runs", async () => {
  const { trino } = await openTrino({ url: server.url, user: "etl", tags: ["team a"] });
  const rows = trino.query("select 'for whom'");
  for await (const row of rows) expect(row).toEqual({ _col0: "for whom" });
  const found = (await queriesOf(server)).find(({ queryId }) => queryId === rows.queryId);
  expect(found?.session).toMatchObject({
    user: "etl",
    source: "headgate",
    clientTags: expect.arrayContaining(["run:run-1", "step:gold/orders", "asset:gold/orders", "team%20a"]),
  });
});

test("sessions keep their changes to themselves, also beside each other", async () => {
  const { trino } = await openTrino({ url: server.url, catalog: "tpch", schema: "tiny" });
  const one = trino.session();
  const two = trino.session({ schema: "sf1" });
  await Promise.all([
    one.execute("use tpch.sf100"),
    two.execute("set session query_max_run_time = '7m'"),
    two.execute("prepare p from select ? + 1"),
  ]);
  const show = "select value from (values current_schema) t(value)";
  expect(await Promise.all([one, two, trino].map((session) => session.scalar(show)))).toEqual(["sf100", "sf1", "tiny"]);
  expect(await two.scalar("execute p using 41")).toBe(42);
  const runTime = async (of: typeof trino): Promise<unknown> =>
    (await of.all<{ Name: string; Value: string }>("show session like 'query_max_run_time'"))[0]?.Value;
  expect([await runTime(two), await runTime(one)]).toEqual(["7m", "100.00d"]);
  await two.execute("reset session query_max_run_time");
  expect(await runTime(two)).toBe("100.00d");
  expect(await rejection(one.execute("execute p using 1"))).toMatchObject({ name: "NOT_FOUND" });
});

test("a transaction of a session is rolled back", async () => {
  const { trino } = await openTrino({ url: server.url });
  const session = trino.session();
  await session.execute("start transaction read only");
  expect(await session.scalar("select 1")).toBe(1);
  await session.execute("rollback");
  expect(await session.scalar("select 2")).toBe(2);
});

test.each([
  ["select 1 from lakehouse.counts.nope", [], "TABLE_NOT_FOUND", 1, 15],
  ["select 'it''s', ?,\n  nope\nfrom tpch.tiny.nation", [1], "COLUMN_NOT_FOUND", 2, 3],
  ["select 'it''s', nope, ? from tpch.tiny.nation", [1], "COLUMN_NOT_FOUND", 1, 17],
  ["selec 1", [], "SYNTAX_ERROR", 1, 1],
  ["select 1; select 2", [], "SYNTAX_ERROR", 1, 9],
  ["select * from nope.tiny.nation", [], "CATALOG_NOT_FOUND", 1, 15],
  ["select * from tpch.nope.nation", [], "SCHEMA_NOT_FOUND", 1, 15],
  ["select 1 / 0", [], "DIVISION_BY_ZERO", null, null],
] as const)("%s says what is wrong, and where", async (sql, params, name, line, column) => {
  const { trino } = await openTrino({ url: server.url, catalog: "lakehouse" });
  expect(await rejection(trino.all(sql, params))).toMatchObject({ name, type: "USER_ERROR", line, column, retryable: false });
});

test("a wrong catalog, schema or session property of the resource is said to be wrong", async () => {
  const tables = async (options: object): Promise<unknown> => {
    const { trino } = await openTrino({ url: server.url, ...options });
    return await rejection(trino.all("show tables"));
  };
  expect(await tables({ catalog: "nope", schema: "a" })).toMatchObject({
    name: "CATALOG_NOT_FOUND",
    message: expect.stringContaining("`show catalogs`"),
  });
  expect(await tables({ catalog: "tpch", schema: "nope" })).toMatchObject({ name: "SCHEMA_NOT_FOUND" });
  expect(await tables({ session: { nope: 1 } })).toMatchObject({ name: "INVALID_SESSION_PROPERTY" });
});

test("a query that needs more memory than it may have fails as such, and may be tried again", async () => {
  const { trino } = await openTrino({ url: server.url, session: { query_max_memory: "1MB" } });
  const found = await rejection(trino.all("select custkey, array_agg(comment) from tpch.sf1.orders group by 1"));
  expect(found).toMatchObject({ name: "EXCEEDED_GLOBAL_MEMORY_LIMIT", type: "INSUFFICIENT_RESOURCES", retryable: true });
});

test("Trino's own time limit is an error of its own", async () => {
  const { trino } = await openTrino({ url: server.url, session: { query_max_execution_time: "1s" } });
  expect(await rejection(trino.scalar(LONG))).toMatchObject({ name: "EXCEEDED_TIME_LIMIT", type: "INSUFFICIENT_RESOURCES" });
});

test("a query that an administrator kills fails with the administrator's words", async () => {
  const { trino } = await openTrino({ url: server.url });
  const { trino: admin } = await openTrino({ url: server.url, user: "admin" });
  const killed = rejection(trino.scalar(`${LONG} where comment = 'to be killed'`));
  let id: string | undefined;
  await until(async () => (id = (await runningWith(server, "to be killed"))[0]?.queryId) !== undefined);
  await admin.execute(`call system.runtime.kill_query(query_id => '${id}', message => 'too expensive, says ada')`);
  expect(await killed).toMatchObject({
    name: "ADMINISTRATIVELY_KILLED",
    queryId: id,
    message: expect.stringContaining("too expensive, says ada"),
  });
});

test("leaving the loop, an abort and a deadline leave no query running", async () => {
  const { trino, abort } = await openTrino({ url: server.url });
  for await (const row of trino.query("select *, 'left' from tpch.sf1000.lineitem")) if (row) break;
  expect(await runningWith(server, "'left'")).toEqual([]);
  expect(await rejection(trino.scalar(`${LONG} where comment = 'late'`, [], { deadline: 1 }))).toMatchObject({
    name: "DEADLINE_EXCEEDED",
  });
  expect(await runningWith(server, "'late'")).toEqual([]);
  const canceled = Array.from({ length: 5 }, () => rejection(trino.scalar(`${LONG} where comment = 'canceled'`)));
  await until(async () => (await runningWith(server, "'canceled'")).length === 5);
  abort.abort(new Error("canceled by ada"));
  expect(await Promise.all(canceled)).toMatchObject(Array.from({ length: 5 }, () => ({ message: "canceled by ada" })));
  expect(await runningWith(server, "'canceled'")).toEqual([]);
});

test("a killed process leaves no query running", async () => {
  const sql = `${LONG} where comment = 'orphan'`;
  const child = fork(queryForever, [server.url, sql], { execArgv: ["--conditions=headgate-source"], stdio: "inherit" });
  onTestFinished(() => void child.kill("SIGKILL"));
  await until(async () => (await runningWith(server, "'orphan'"))[0]?.state === "RUNNING");
  child.kill("SIGKILL");
  await once(child, "exit");
  const killedAt = performance.now();
  await until(async () => (await runningWith(server, "'orphan'")).length === 0);
  console.log(`the query of a killed process was over after ${(performance.now() - killedAt).toFixed(0)} ms`);
  const [query] = (await queriesOf(server)).filter((found) => found.query === sql);
  // Not by Trino's own time limit for silent clients.
  expect(query?.errorCode?.name).toBe("USER_CANCELED");
});

test("rows of a slow consumer keep coming, although Trino drops silent clients sooner", async () => {
  const { trino } = await openTrino({ url: server.url, heartbeat: 1 });
  let pages = 0;
  for await (const page of trino.query("select * from tpch.sf1.orders limit 50000").pages()) {
    expect(page.length).toBeGreaterThan(0);
    if (++pages === 2) await sleep(9_000);
  }
  expect(pages).toBeGreaterThan(2);
  const { trino: silent } = await openTrino({ url: server.url });
  const dropped = silent.query("select * from tpch.sf1.orders limit 50000").pages()[Symbol.asyncIterator]();
  await dropped.next();
  await sleep(9_000);
  const rest = async (): Promise<void> => {
    for (let next = await dropped.next(); next.done !== true; next = await dropped.next());
  };
  expect(await rejection(rest())).toMatchObject({ name: expect.stringMatching(/ABANDONED_QUERY|QUERY_GONE/) });
});

test("a Trino that hangs is an error once patience ends, and before that is waited for until it answers", async () => {
  const { trino: impatient } = await openTrino({ url: server.url, idleTimeout: 0.3, patience: 1 });
  const { trino: patient } = await openTrino({ url: server.url, idleTimeout: 0.5 });
  process.kill(server.pid, "SIGSTOP");
  try {
    expect(await rejection(impatient.scalar("select 1"))).toMatchObject({
      name: "SERVER_UNREACHABLE",
      retryable: true,
      message: expect.stringContaining("no answer for 0.3 seconds"),
    });
    setTimeout(() => process.kill(server.pid, "SIGCONT"), 1_500);
    expect(await patient.scalar("select 2")).toBe(2);
  } finally {
    process.kill(server.pid, "SIGCONT");
  }
});

test("a query that another user deletes fails as cancelled", async () => {
  const { trino } = await openTrino({ url: server.url });
  const deleted = rejection(trino.scalar(`${LONG} where comment = 'to be deleted'`));
  let id: string | undefined;
  await until(async () => (id = (await runningWith(server, "to be deleted"))[0]?.queryId) !== undefined);
  await fetch(`${server.url}/v1/query/${id}`, { method: "DELETE", headers: { "X-Trino-User": "admin" } });
  expect(await deleted).toMatchObject({ name: "USER_CANCELED", queryId: id });
});

test("a long query tells how far it is, with a link", async () => {
  const { trino, lines } = await openTrino({ url: server.url });
  await rejection(trino.scalar(`${LONG} where comment = 'progress'`, [], { deadline: 5 }));
  const [first, last] = lines;
  expect(lines).toHaveLength(2);
  expect(first?.message).toMatch(/^Trino query \w+: .*rows, .*B, \d of \d stages done$/);
  expect(first?.fields["link"]).toContain(`${server.url}/ui/query.html?2`);
  expect(last?.message).toMatch(/: stopped after \d/);
});

test("a token and a certificate sign in; a wrong one and an unknown authority do not", async () => {
  const url = `https://127.0.0.1:${httpsPort}`;
  const ca = authority.cert;
  const as = async (options: Parameters<typeof openTrino>[0]): Promise<unknown> => {
    const { trino } = await openTrino({ url, ca, ...options });
    return await trino.scalar("select current_user");
  };
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const unsigned = `${encode({ alg: "HS256", typ: "JWT" })}.${encode({ sub: "grace", exp: 4_000_000_000 })}`;
  const token = `${unsigned}.${createHmac("sha256", Buffer.from(JWT_KEY, "base64")).update(unsigned).digest("base64url")}`;
  expect(await as({ user: "grace", auth: { type: "jwt", token } })).toBe("grace");
  expect(await as({ user: "CN=etl", auth: { type: "certificate", ...authority.issue("etl") } })).toBe("CN=etl");
  const refused = { name: "UNAUTHENTICATED", retryable: false };
  expect(await rejection(as({ user: "eve", auth: { type: "jwt", token } }))).toMatchObject({ name: "PERMISSION_DENIED", retryable: false });
  expect(await rejection(as({ user: "ada", auth: { type: "basic", password: "wrong" } }))).toMatchObject(refused);
  expect(await rejection(as({ user: "grace", auth: { type: "jwt", token: `${unsigned}.AAAA` } }))).toMatchObject(refused);
  expect(await rejection(as({ user: "ada" }))).toMatchObject(refused);
  expect(await rejection(as({ user: "ada", ca: makeAuthority().cert }))).toMatchObject({ name: "CERTIFICATE_REJECTED" });
  expect(await rejection(as({ user: "eve", auth: { type: "basic", user: "ada", password: "s3cret" } }))).toMatchObject({
    retryable: false,
  });
});
