import { expect, test } from "vitest";
import { createProgress, type TrinoStats } from "../../src/integrations/trino/progress.ts";
import { signature, startFakeTrino } from "./fake-trino.test-support.ts";
import { listOf, openTrino, rejection, until } from "./open-trino.test-support.ts";

const COLUMNS = [["n", signature("integer")]] as const;
const error = (more: object): { more: Record<string, unknown> } => ({
  more: { error: { message: "Table 'x' does not exist", errorCode: 46, errorName: "TABLE_NOT_FOUND", errorType: "USER_ERROR", ...more } },
});

test("rows of all pages come in order, and empty pages do not matter", async () => {
  const server = await startFakeTrino({
    pages: [{}, {}, { columns: COLUMNS, data: "[[1],[2]]" }, { columns: COLUMNS }, { columns: COLUMNS, data: "[[3]]" }],
  });
  const { trino } = await openTrino({ url: server.url });
  const rows = trino.query("select n");
  expect(rows.queryId).toBeNull();
  const found = await listOf(rows);
  expect(found).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
  expect(rows).toMatchObject({
    queryId: "q1",
    columns: [{ name: "n", type: "integer" }],
    stats: { percentage: 50, stages: { done: 1, total: 2 } },
  });
  expect(server.of("DELETE")).toEqual([]);
});

test("a first answer that has everything is enough", async () => {
  const server = await startFakeTrino({ pages: [{ columns: COLUMNS, data: "[[1]]" }] });
  const { trino } = await openTrino({ url: server.url });
  expect(await trino.scalar("select 1")).toBe(1);
});

test("the columns of an empty result are known", async () => {
  const server = await startFakeTrino({ pages: [{}, { columns: COLUMNS }] });
  const { trino } = await openTrino({ url: server.url });
  const rows = trino.query("select n");
  expect(await listOf(rows)).toEqual([]);
  expect(rows.columns).toEqual([{ name: "n", type: "integer" }]);
});

test("the next page is asked for when the rows of this one are used up", async () => {
  const page = { columns: COLUMNS, data: "[[1],[2]]" };
  const server = await startFakeTrino({ pages: [{}, page, page, page] });
  const { trino } = await openTrino({ url: server.url });
  const rows = trino.query("select n")[Symbol.asyncIterator]();
  await rows.next();
  await rows.next();
  expect(server.of("GET")).toHaveLength(1);
  await rows.next();
  expect(server.of("GET")).toHaveLength(2);
});

test("rows can be iterated once, and say so", async () => {
  const server = await startFakeTrino({ pages: [{ columns: COLUMNS, data: "[[1]]" }] });
  const { trino } = await openTrino({ url: server.url });
  const rows = trino.query("select 1");
  await listOf(rows);
  await expect(listOf(rows)).rejects.toThrow("can be iterated once");
});

test("one and scalar insist on exactly one row and one column", async () => {
  const two = await startFakeTrino({ pages: [{}, { columns: COLUMNS, data: "[[1],[2]]" }, { columns: COLUMNS, data: "[[3]]" }] });
  const { trino } = await openTrino({ url: two.url });
  expect(await rejection(trino.one("select n"))).toMatchObject({
    name: "BAD_RESULT",
    message: expect.stringContaining("more than one, of: select n"),
  });
  expect(two.of("DELETE")).toHaveLength(1);
  const none = await startFakeTrino({ pages: [{ columns: COLUMNS }] });
  const { trino: other } = await openTrino({ url: none.url });
  expect(await rejection(other.scalar("select n"))).toMatchObject({ message: expect.stringContaining("got none") });
});

test("execute tells what was written", async () => {
  const server = await startFakeTrino({
    pages: [{}, { columns: COLUMNS, data: "[[12]]", more: { updateType: "INSERT", updateCount: 12 } }],
  });
  const { trino } = await openTrino({ url: server.url });
  expect(await trino.execute("insert into t select * from s")).toMatchObject({ queryId: "q1", updateType: "INSERT", updateCount: 12 });
});

test("a failed query throws Trino's error with its name and its place in the user's own SQL", async () => {
  const message = "line 1:34: Table 'x' does not exist";
  const server = await startFakeTrino({ pages: [{}, error({ message, errorLocation: { lineNumber: 1, columnNumber: 34 } })] });
  const { trino } = await openTrino({ url: server.url });
  const found = await rejection(trino.all("select ? from x", [1]));
  expect(found).toMatchObject({
    name: "TABLE_NOT_FOUND",
    type: "USER_ERROR",
    code: 46,
    line: 1,
    column: 15,
    queryId: "q1",
    retryable: false,
  });
  expect(found).toMatchObject({
    message: `line 1:15: Table 'x' does not exist\n1 | select ? from x\n  |               ^\nTrino query q1: ${server.url}/ui/query.html?q1`,
  });
});

test("an error in the very first answer is not lost", async () => {
  const server = await startFakeTrino({ pages: [error({})] });
  const { trino } = await openTrino({ url: server.url });
  expect(await rejection(trino.all("select 1 from x"))).toMatchObject({ name: "TABLE_NOT_FOUND", line: null });
});

test("statements carry user, source, session and the tags of run, step and asset", async () => {
  const server = await startFakeTrino({ pages: [{}] });
  const options = {
    url: server.url,
    user: { env: "TRINO_USER" },
    catalog: "lakehouse",
    session: { query_max_run_time: "5m" },
    tags: ["a,b"],
  };
  const { trino } = await openTrino(options, { TRINO_USER: "jürgen" });
  await trino.execute("select 1", [], { schema: "gold", session: { "lakehouse.path": "a=b,c d" }, tags: ["mine"] });
  const [post] = server.of("POST");
  expect(post?.headers).toMatchObject({
    "x-trino-user": "j%C3%BCrgen",
    "x-trino-source": "headgate",
    "x-trino-catalog": "lakehouse",
    "x-trino-schema": "gold",
    "x-trino-session": "query_max_run_time=5m,lakehouse.path=a%3Db%2Cc%20d",
    "x-trino-client-tags": "run:run-1,step:gold/orders,asset:gold/orders,a%2Cb,mine",
    "x-trino-trace-token": "run-1",
    "x-trino-client-capabilities": "PARAMETRIC_DATETIME",
    "x-trino-time-zone": "UTC",
  });
});

test("changes of a session last in a session of its own, and nowhere else", async () => {
  const headers = { "X-Trino-Set-Session": "a=1%2C2", "X-Trino-Set-Schema": "gold", "X-Trino-Added-Prepare": "p=SELECT+1" };
  const server = await startFakeTrino({ pages: [{}, { headers }] });
  const { trino, lines } = await openTrino({ url: server.url, session: { b: true } });
  await trino.execute("set session a = '1,2'");
  await trino.execute("select 1");
  expect(lines.filter(({ level }) => level === "warn")).toMatchObject([{ message: expect.stringContaining("trino.session()") }, {}]);
  const session = trino.session({ catalog: "lakehouse" });
  await session.execute("set session a = '1,2'");
  await session.execute("select 1");
  await trino.execute("select 1");
  const sent = server.of("POST").map((request) => [request.headers["x-trino-session"], request.headers["x-trino-schema"]]);
  expect(sent).toEqual([
    ["b=true", undefined],
    ["b=true", undefined],
    ["b=true", undefined],
    ["b=true,a=1%2C2", "gold"],
    ["b=true", undefined],
  ]);
  expect(server.of("POST")[3]?.headers["x-trino-prepared-statement"]).toBe("p=SELECT%201");
});

test("a session clears, deallocates and keeps its transaction", async () => {
  const server = await startFakeTrino({
    pages: [
      {
        headers: { "X-Trino-Started-Transaction-Id": "t1", "X-Trino-Clear-Session": "b", "X-Trino-Set-Role": "lakehouse=ROLE%7Badmin%7D" },
      },
    ],
  });
  const { trino } = await openTrino({ url: server.url, session: { b: 1 }, roles: { system: "etl" } });
  const session = trino.session();
  await session.execute("start transaction");
  await session.execute("select 1");
  expect(
    server.of("POST").map(({ headers }) => [headers["x-trino-transaction-id"], headers["x-trino-session"], headers["x-trino-role"]]),
  ).toEqual([
    ["NONE", "b=1", "system=ROLE%7Betl%7D"],
    ["t1", undefined, "system=ROLE%7Betl%7D,lakehouse=ROLE%7Badmin%7D"],
  ]);
});

test("credentials go to the configured address only, whatever nextUri claims", async () => {
  const server = await startFakeTrino({ pages: [{}, { columns: COLUMNS, data: "[[1]]" }], claimedUrl: "http://trino.internal:8080" });
  const { trino } = await openTrino({ url: `${server.url}/gateway/` });
  expect(await trino.scalar("select 1")).toBe(1);
  expect(server.seen.map(({ path }) => path)).toEqual(["/gateway/v1/statement", "/gateway/v1/statement/queued/q1/1"]);
});

test("a query that its consumer keeps waiting is kept alive", async () => {
  const server = await startFakeTrino({ pages: [{}, { columns: COLUMNS, data: "[[1]]" }, {}], isEndless: true });
  const { trino } = await openTrino({ url: server.url, heartbeat: 0.02 });
  for await (const row of trino.query("select n")) {
    expect(row).toEqual({ n: 1 });
    await until(() => server.of("HEAD").length > 1);
    break;
  }
  expect(server.of("HEAD")[0]?.path).toBe("/v1/statement/executing/q1/2");
});

test("the log names the query with a link, and what came of it", async () => {
  const server = await startFakeTrino({ pages: [{}, { columns: COLUMNS, data: "[[1]]" }] });
  const { trino, lines } = await openTrino({ url: server.url });
  await trino.scalar("select 1");
  await trino.scalar("select 1", [], { log: "debug" });
  expect(lines).toMatchObject([
    { level: "info", message: "Trino query q1: finished after 1.5 s", fields: { query_id: "q1", link: `${server.url}/ui/query.html?q1` } },
    { level: "debug", message: "Trino query q2: finished after 1.5 s" },
  ]);
});

test("an hour of progress is about sixty lines", () => {
  const lines: string[] = [];
  const log = { debug: () => {}, warn: () => {}, warning: () => {}, error: () => {}, info: (line: string) => void lines.push(line) };
  let now = 0;
  const progress = createProgress({ log, level: "info", now: () => now });
  const stats: TrinoStats = {
    state: "RUNNING",
    percentage: 42.7,
    processedRows: 1_234_567,
    processedBytes: 12_300_000,
    writtenBytes: 0,
    peakMemoryBytes: 0,
    stages: { done: 2, total: 5 },
    splits: { done: 0, total: 0 },
    cpuMs: 0,
    queuedMs: 0,
    elapsedMs: 0,
  };
  for (; now < 3_600_000; now += 500) progress.update({ id: "q1", infoUri: "http://trino/ui" }, stats);
  expect(lines[0]).toBe("Trino query q1: 42 %, 1,234,567 rows, 12.3 MB, 2 of 5 stages done");
  expect(lines.length).toBeGreaterThan(55);
  expect(lines.length).toBeLessThan(66);
});
