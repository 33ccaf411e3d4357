import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { duckdbResource, type DuckDb } from "../../src/integrations/duckdb/index.ts";
import type { Logger } from "../../src/values/log.ts";

const silent: Logger = { debug: () => {}, info: () => {}, warn: () => {}, warning: () => {}, error: () => {} };

interface Opened {
  readonly db: DuckDb;
  readonly storage: string;
  close(): Promise<void>;
}

async function open(options: { storage?: string; signal?: AbortSignal; readOnly?: boolean; path?: string } = {}): Promise<Opened> {
  const storage = options.storage ?? mkdtempSync(join(tmpdir(), "headgate-duckdb-"));
  const definition = duckdbResource({ path: options.path ?? "db/shop.duckdb", readOnly: options.readOnly })["~definition"];
  const folders = { root: storage, storage, scratch: join(storage, "scratch") };
  const db = (await definition.setup({
    config: undefined,
    env: {},
    folders,
    log: silent,
    signal: options.signal ?? new AbortController().signal,
  })) as DuckDb;
  const close = async (): Promise<void> => definition.teardown?.(db);
  onTestFinished(async () => {
    await close();
    rmSync(storage, { recursive: true, force: true });
  });
  return { db, storage, close };
}

test("integers are numbers where that is exact, and bigints where it is not", async () => {
  const { db } = await open();
  expect(
    await db.query("select count(*) as n, 9007199254740993::bigint as big, sum(i) as total, [1::bigint] as list from range(3) t(i)"),
  ).toEqual([{ n: 3, big: 9007199254740993n, total: 3, list: [1] }]);
});

test("values that JavaScript cannot hold come as text", async () => {
  const { db } = await open();
  const columns: [string, unknown][] = [
    ["timestamp 'infinity'", "infinity"],
    ["timestamp '-infinity'", "-infinity"],
    ["timestamptz 'infinity'", "infinity"],
    ["date 'infinity'", "infinity"],
    ["date '-infinity'", "-infinity"],
    ["timestamp '2025-01-05 12:00:00'", new Date("2025-01-05T12:00:00Z")],
    ["date '2025-01-05'", new Date("2025-01-05T00:00:00Z")],
    ["12345678901234567.89::decimal(19,2)", "12345678901234567.89"],
    ["-12345678901234567.89::decimal(19,2)", "-12345678901234567.89"],
    ["12345678901234567890123456789012345678::decimal(38,0)", "12345678901234567890123456789012345678"],
    ["1.10::decimal(10,2)", 1.1],
    ["7::decimal(18,0)", 7],
    ["0::decimal(5,3)", 0],
    ["[12345678901234567.89::decimal(19,2), 1.5::decimal(19,2)]", ["12345678901234567.89", 1.5]],
    ["{'at': timestamp 'infinity'}", { at: "infinity" }],
    ["time '10:00:00'", 36_000_000_000],
    ["'nan'::double", Number.NaN],
    ["'-infinity'::double", -Infinity],
    ["170141183460469231731687303715884105727::hugeint", 170141183460469231731687303715884105727n],
    ["null::decimal(5,2)", null],
  ];
  for (const [sql, value] of columns) expect([sql, await db.scalar(`select ${sql}`)]).toEqual([sql, value]);
  expect(await db.query("select 1 as id, 2 as id, 3 as id_2")).toEqual([{ id: 1, id_3: 2, id_2: 3 }]);
});

test("parameters go by position or by name, dates included", async () => {
  const { db } = await open();
  const from = new Date("2025-01-05T00:00:00Z");
  expect(
    await db.scalar(
      "select count(*) from range(timestamp '2025-01-01', timestamp '2025-01-11', interval 1 day) t(day) where day >= ? and day < ?",
      [from, new Date("2025-01-07T00:00:00Z")],
    ),
  ).toBe(2);
  expect(
    await db.one("select $name || '!' as greeting, $n + 1 as next, $nothing is null as empty, $at as at", {
      name: "ada",
      n: 41,
      nothing: null,
      at: from,
    }),
  ).toEqual({ greeting: "ada!", next: 42, empty: true, at: from });
});

test("one and scalar say when a result has another shape", async () => {
  const { db } = await open();
  await expect(db.one("select * from range(2)")).rejects.toThrow("Expected exactly one row, got 2, of: select * from range(2)");
  await expect(db.one("select 1 where false")).rejects.toThrow("got 0");
  await expect(db.scalar("select 1 as a, 2 as b")).rejects.toThrow("Expected exactly one column, got 2");
});

test("a failed statement names the database's reason and the statement", async () => {
  const { db } = await open();
  await expect(db.execute("select * from missing_table")).rejects.toThrow(
    /missing_table does not exist[\s\S]*in: select \* from missing_table/,
  );
  expect(await db.scalar("select 1")).toBe(1);
});

test("table gives row count and columns, and quotes names", async () => {
  const { db } = await open();
  await db.execute('create schema "my schema"');
  await db.execute('create table "my schema"."order" (id integer not null, "the day" date)');
  await db.execute('insert into "my schema"."order" values (1, null), (2, null)');
  expect(await db.table("my schema.order")).toEqual({
    rowCount: 2,
    columns: [
      { name: "id", type: "INTEGER", nullable: false },
      { name: "the day", type: "DATE", nullable: true },
    ],
  });
});

test("the file is locked from the first query to the end of the step, and then kept", async () => {
  const first = await open();
  const lock = join(first.storage, "db", "shop.duckdb.headgate-lock");
  expect(existsSync(lock)).toBe(false);
  await first.db.execute("create table kept as select 7 as n");
  expect(existsSync(lock)).toBe(true);
  await first.close();
  expect(existsSync(lock)).toBe(false);
  const second = await open({ storage: first.storage, readOnly: true });
  expect(await second.db.scalar("select n from kept")).toBe(7);
  await expect(second.db.execute("insert into kept values (8)")).rejects.toThrow(/read-only/);
});

test("cancel interrupts a running query", { timeout: 20_000 }, async () => {
  const abort = new AbortController();
  const { db } = await open({ signal: abort.signal });
  await db.scalar("select 1");
  const running = db.scalar("select count(*) from range(1000000000) a, range(1000000000) b where a.range <> b.range");
  setImmediate(() => abort.abort(new Error("stopped")));
  await expect(running).rejects.toThrow("stopped");
});

test("a Date finds its instant whatever the zone of the machine", async () => {
  const { db } = await open();
  const at = new Date("2025-01-05T00:00:00Z");
  expect(
    await db.query("select timestamptz '2025-01-05 00:00:00+00' = ? as zoned, timestamp '2025-01-05 00:00:00' = ? as plain", [at, at]),
  ).toEqual([{ zoned: true, plain: true }]);
  expect(await db.query("select cast(timestamptz '2025-01-05 00:30:00+00' as date) as day")).toEqual([{ day: at }]);
});
