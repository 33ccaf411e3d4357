import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { signature, startFakeTrino, type FakeTrino } from "./fake-trino.test-support.ts";
import { listOf, openTrino, rejection, until } from "./open-trino.test-support.ts";

const PAGE = { columns: [["n", signature("integer")]], data: "[[1],[2]]" } as const;
const EXECUTING = "/v1/statement/executing/q1/";

/** Works for ever and sends rows all the while. */
const endless = (): Promise<FakeTrino> => startFakeTrino({ pages: [{}, {}, PAGE], isEndless: true });
const deleted = (server: FakeTrino): readonly string[] => server.of("DELETE").map(({ path }) => path.replace(/\d+$/, ""));

test("leaving the loop cancels the query, once", async () => {
  const server = await endless();
  const { trino, close } = await openTrino({ url: server.url });
  for await (const row of trino.query("select n")) {
    expect(row).toEqual({ n: 1 });
    break;
  }
  await close();
  expect(deleted(server)).toEqual([EXECUTING]);
});

test("an error in the loop cancels the query and is what comes out", async () => {
  const server = await endless();
  const { trino } = await openTrino({ url: server.url });
  const work = async (): Promise<void> => {
    for await (const row of trino.query("select n")) throw new Error(`mine ${JSON.stringify(row)}`);
  };
  await expect(work()).rejects.toThrow('mine {"n":1}');
  expect(deleted(server)).toEqual([EXECUTING]);
});

test("a cancelled step cancels its query while it waits for rows", async () => {
  const server = await startFakeTrino({ pages: [{}, {}], isEndless: true });
  const { trino, abort } = await openTrino({ url: server.url });
  const work = rejection(trino.execute("insert into t select * from s"));
  await until(() => server.of("GET").length > 3);
  abort.abort(new Error("canceled by ada"));
  expect(await work).toMatchObject({ message: "canceled by ada" });
  expect(deleted(server)).toEqual([EXECUTING]);
});

test("a cancelled step cancels its query while the consumer is busy, without waiting for it", async () => {
  const server = await endless();
  const { trino, abort } = await openTrino({ url: server.url });
  const work = async (): Promise<void> => {
    for await (const row of trino.query("select n")) {
      expect(row).toEqual({ n: 1 });
      abort.abort(new Error("canceled"));
      await until(() => server.of("DELETE").length > 0);
    }
  };
  // The row that was already here may come; nothing else does.
  await expect(work()).rejects.toThrow();
  expect(deleted(server)).toEqual([EXECUTING]);
});

test("a step that was cancelled before sends nothing", async () => {
  const server = await endless();
  const { trino, abort } = await openTrino({ url: server.url });
  abort.abort(new Error("canceled"));
  await expect(trino.scalar("select 1")).rejects.toThrow("canceled");
  expect(server.seen).toEqual([]);
});

test("a query's own signal and deadline cancel it, and other queries go on", async () => {
  const server = await endless();
  const { trino } = await openTrino({ url: server.url });
  const own = new AbortController();
  const aborted = rejection(listOf(trino.query("select 1", [], { signal: own.signal })));
  const late = rejection(listOf(trino.query("select 2", [], { deadline: 0.2 })));
  await until(() => server.of("GET").length > 5);
  own.abort(new Error("enough"));
  expect(await aborted).toMatchObject({ message: "enough" });
  expect(await late).toMatchObject({ name: "DEADLINE_EXCEEDED", retryable: true, message: expect.stringContaining("0.2 seconds") });
  expect(deleted(server).toSorted()).toEqual([EXECUTING, EXECUTING.replace("q1", "q2")]);
});

test("the end of the step cancels what was left open, and whoever still reads is told", async () => {
  const server = await endless();
  const { trino, close } = await openTrino({ url: server.url });
  const rows = trino.query("select n").pages()[Symbol.asyncIterator]();
  await rows.next();
  await close();
  expect(deleted(server)).toEqual([EXECUTING]);
  expect(await rejection(rows.next())).toMatchObject({ name: "QUERY_GONE" });
});

test("a deadline ends a statement that Trino never answers", async () => {
  const server = await startFakeTrino({ pages: [{}], misbehave: () => "hang" });
  const { trino } = await openTrino({ url: server.url, deadline: 0.2 });
  expect(await rejection(trino.scalar("select 1"))).toMatchObject({ name: "DEADLINE_EXCEEDED", queryId: null });
});

test("a query that cannot be cancelled is told in the log", async () => {
  const server = await startFakeTrino({
    pages: [{}, PAGE],
    isEndless: true,
    misbehave: ({ method }) => (method === "DELETE" ? { status: 403, body: "not yours" } : undefined),
  });
  const { trino, lines } = await openTrino({ url: server.url });
  for await (const row of trino.query("select n")) if (row) break;
  expect(lines.filter(({ level }) => level === "warn")).toMatchObject([
    { message: "Trino query q1 could not be cancelled and may still run" },
  ]);
});

test("a killed process leaves no query behind", { timeout: 60_000 }, async () => {
  const server = await startFakeTrino({ pages: [{}, {}, {}], isEndless: true });
  const child = fork(fileURLToPath(new URL("query-forever.ts", import.meta.url)), [server.url], {
    execArgv: ["--conditions=headgate-source"],
    stdio: "inherit",
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  await until(() => server.of("GET").length > 3);
  child.kill("SIGKILL");
  await once(child, "exit");
  await until(() => server.of("DELETE").length > 0);
  const [request] = server.of("DELETE");
  expect(request).toMatchObject({ path: expect.stringContaining(EXECUTING), headers: { "x-trino-user": "forever" } });
});

test("the old name of the deadline still cancels a statement and is reported in the log", async () => {
  const server = await endless();
  const { trino, lines } = await openTrino({ url: server.url });
  expect(await rejection(listOf(trino.query("select 2", [], { deadlineSeconds: 0.2 })))).toMatchObject({ name: "DEADLINE_EXCEEDED" });
  expect(lines.map(({ message }) => message)).toContainEqual(expect.stringContaining("Write query({ deadline: 0.2 })."));
});
