/** What Iceberg tables say about themselves after assets wrote them through a real Trino, and what happens when that Trino is restarted. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { defineAsset } from "../../src/definitions/asset.ts";
import type { Asset } from "../../src/definitions/asset-type.ts";
import { dailyPartitions } from "../../src/options/partitions.ts";
import { materialize } from "../../src/testing/index.ts";
import { icebergMaterialization, icebergMetadata, icebergTable, trinoResource } from "../../src/integrations/trino/index.ts";
import { openTrino, rejection, until } from "./open-trino.test-support.ts";
import { dataFolder, runningWith, startTrinoServer, type TrinoServer } from "./trino-server.test-support.ts";

const LONG = "select count(*) from tpch.sf1000.lineitem";
let server: TrinoServer;

beforeAll(async () => {
  server = await startTrinoServer({ dataDir: await dataFolder("sdk-iceberg") });
});

afterAll(async () => {
  await server?.stop();
});

const trino = trinoResource({ url: { env: "TRINO_URL" }, catalog: "lakehouse", schema: "gold" });

function written(key: string, ...statements: readonly string[]): Asset {
  return defineAsset({
    key,
    requires: [trino],
    run: ({ resources, log }) =>
      icebergMaterialization({
        trino: resources.trino,
        log,
        table: `lakehouse.gold.${key}`,
        write: async (to) => {
          for (const statement of statements) await to.execute(statement);
        },
      }),
  }) as Asset;
}

async function run(
  asset: Asset,
  partition?: string,
): Promise<{ metadata: Record<string, { value?: unknown }>; dataVersion: string; warnings: string[] }> {
  const result = await materialize([asset], { env: { TRINO_URL: server.url }, ...(partition !== undefined && { partition }) });
  expect(result.failures).toEqual([]);
  const event = result.materialization(asset.key);
  const warnings = result.events.flatMap((found) => (found.type === "log" && found.level === "warn" ? [found.message] : []));
  return { metadata: event?.metadata as never, dataVersion: event?.dataVersion ?? "", warnings };
}

const values = (metadata: Readonly<Record<string, { value?: unknown }>>, ...names: readonly string[]): unknown[] =>
  names.map((name) => metadata[name]?.value);
const CHANGES = ["operation", "added_records", "deleted_records", "row_count"] as const;

test("a materialization says what the write added and removed, and what the table is now", async () => {
  const made = await run(
    written(
      "nation",
      "create schema if not exists lakehouse.gold",
      "create table nation (id bigint not null comment 'its key', name varchar, region bigint) comment 'all nations'",
      "insert into nation select nationkey, name, regionkey from tpch.tiny.nation",
    ),
  );
  expect(values(made.metadata, ...CHANGES)).toEqual(["append", 25, 0, 25]);
  expect(made.metadata).toMatchObject({
    relation: { type: "text", value: "lakehouse.gold.nation" },
    snapshot_id: { type: "text", value: made.dataVersion },
    committed_at: { type: "timestamp" },
    added_files: { type: "int", value: 1 },
    total_files: { type: "int", value: 1 },
    comment: { type: "text", value: "all nations" },
    columns: {
      type: "table_schema",
      value: {
        columns: [
          { name: "id", type: "bigint", nullable: false, description: "its key" },
          { name: "name", type: "varchar", nullable: true },
          { name: "region", type: "bigint", nullable: true },
        ],
      },
    },
  });
  expect(made.metadata["size_bytes"]?.value).toBeGreaterThan(100);
  expect(made.metadata["schema_change"]).toBeUndefined();
  expect(made.warnings).toEqual([]);
});

test("several statements of one write are counted together, rows that are only marked as deleted too", async () => {
  const changed = await run(
    written("nation", "delete from nation where region = 1", "insert into nation values (100, 'atlantis', 1), (101, 'utopia', 1)"),
  );
  expect(values(changed.metadata, ...CHANGES)).toEqual(["delete, append", 2, 5, 22]);
  const same = await run(written("nation", "delete from nation where id = 4711"));
  expect(values(same.metadata, "added_records", "deleted_records", "row_count")).toEqual([0, 0, 22]);
});

test("a changed schema is a warning and part of the metadata", async () => {
  const added = await run(written("nation", "alter table nation add column area double comment 'square miles'"));
  expect(added.warnings).toEqual(["The schema of lakehouse.gold.nation changed: added area double"]);
  expect(values(added.metadata, "operation", "row_count")).toEqual(["none", 22]);
  const replaced = await run(
    written("nation", "create or replace table nation as select cast(1 as integer) as id, 'x' as name, 2.5e0 as area"),
  );
  expect(replaced.warnings).toEqual(["The schema of lakehouse.gold.nation changed: removed region bigint; id was bigint, is integer"]);
  expect(replaced.metadata["schema_change"]).toMatchObject({
    type: "json",
    value: { added: [], changed: [{ name: "id", from: "bigint", to: "integer" }] },
  });
  expect(values(replaced.metadata, ...CHANGES)).toEqual(["append", 1, 0, 1]);
});

test("a partition of an asset is a partition of its table", async () => {
  const orders = defineAsset({
    key: "orders",
    requires: [trino],
    partitions: dailyPartitions({ start: "1995-01-01" }),
    run: ({ resources, log, partition }) =>
      icebergMaterialization({
        trino: resources.trino,
        log,
        table: "lakehouse.gold.orders",
        partition: { orderdate: partition.key },
        write: async (to) => {
          await to.execute("create table if not exists orders (orderkey bigint, orderdate date) with (partitioning = array['orderdate'])");
          await to.execute("delete from orders where orderdate = date(?)", [partition.key]);
          await to.execute("insert into orders select orderkey, orderdate from tpch.tiny.orders where orderdate = date(?)", [
            partition.key,
          ]);
        },
      }),
  }) as Asset;
  const { trino: direct } = await openTrino({ url: server.url });
  const count = async (day: string): Promise<unknown> =>
    await direct.scalar("select count(*) from tpch.tiny.orders where orderdate = date(?)", [day]);
  const [first, second] = [await count("1995-01-02"), await count("1995-01-03")];
  const PARTITION = ["iceberg_partition", "row_count", "total_rows", "partition_files"] as const;
  expect(values((await run(orders, "1995-01-02")).metadata, ...PARTITION)).toEqual(["orderdate=1995-01-02", first, first, 1]);
  const later = await run(orders, "1995-01-03");
  expect(values(later.metadata, ...PARTITION)).toEqual(["orderdate=1995-01-03", second, Number(first) + Number(second), 1]);
  const again = await run(orders, "1995-01-03");
  expect(values(again.metadata, ...PARTITION, ...CHANGES)).toEqual([
    ...values(later.metadata, ...PARTITION),
    "delete, append",
    second,
    second,
    second,
  ]);
});

test("a partition by a transform has the rows of its files", async () => {
  const { trino: direct } = await openTrino({ url: server.url });
  await direct.execute(
    "create table lakehouse.gold.monthly with (partitioning = array['month(day)']) as select date '2025-01-05' as day union all select date '2025-02-01' union all select date '2025-02-02'",
  );
  const months = await direct.all<{ month: number }>(
    `select partition.day_month as month from lakehouse.gold."monthly$partitions" order by 1`,
  );
  const metadata = await icebergMetadata(direct, "lakehouse.gold.monthly", { partition: { day_month: months[1]?.month ?? 0 } });
  expect(metadata).toMatchObject({ row_count: 2, total_rows: 3, partition_files: 1, operation: "append", added_records: 3 });
});

test("views have rows and columns, and no commits", async () => {
  const { trino: direct } = await openTrino({ url: server.url });
  await direct.execute("create schema if not exists lakehouse.gold");
  await direct.execute("create or replace view lakehouse.gold.plain_view as select n, 'eu' as region from (values 1, 2) t(n)");
  expect(await icebergMetadata(direct, "lakehouse.gold.plain_view")).toMatchObject({ row_count: 2, relation: "lakehouse.gold.plain_view" });
  const { metadata } = await run(
    written(
      "by_region",
      "create table lakehouse.gold.regions as select 'eu' as region, 1 as n",
      "create materialized view lakehouse.gold.by_region as select region, sum(n) as n from lakehouse.gold.regions group by region",
      "refresh materialized view lakehouse.gold.by_region",
    ),
  );
  expect(values(metadata, "row_count", "relation")).toEqual([1, "lakehouse.gold.by_region"]);
  expect(await icebergTable(direct, "lakehouse.gold.by_region")).toMatchObject({ isIceberg: false, snapshot: null, rowCount: 1 });
});

test("a renamed partition column keeps its old name in the partition", async () => {
  const { trino: direct } = await openTrino({ url: server.url });
  await direct.execute("create schema if not exists lakehouse.gold");
  await direct.execute(
    "create table lakehouse.gold.renamed with (partitioning = array['region']) as select 'eu' as region, 1 as n union all select 'us', 2",
  );
  await direct.execute("alter table lakehouse.gold.renamed rename column region to area");
  expect(await icebergMetadata(direct, "lakehouse.gold.renamed", { partition: { region: "us" } })).toMatchObject({
    row_count: 1,
    total_rows: 2,
  });
});

test("a version as a parameter is answered with what to write", async () => {
  const { trino: direct } = await openTrino({ url: server.url });
  expect(await rejection(direct.all("select * from lakehouse.gold.renamed for version as of ?", [7n]))).toMatchObject({
    message: expect.stringContaining("Trino takes no parameter after FOR VERSION AS OF") as string,
  });
});

test("a table that is not there is null, and an error where it was to be written", async () => {
  const { trino: direct } = await openTrino({ url: server.url });
  expect(await icebergTable(direct, "lakehouse.gold.nope")).toBeNull();
  expect(await icebergTable(direct, "lakehouse.nope.nope")).toBeNull();
  expect(await rejection(icebergTable(direct, "nope.gold.nope"))).toMatchObject({ name: "CATALOG_NOT_FOUND" });
  await expect(icebergMetadata(direct, "lakehouse.gold.nope")).rejects.toThrow("Trino knows no table lakehouse.gold.nope");
  const result = await materialize([written("nothing", "select 1")], { env: { TRINO_URL: server.url } });
  expect(result.failures).toMatchObject([{ message: expect.stringContaining("the statements write another one") }]);
});

test("a cancelled asset leaves no query running", async () => {
  const abort = new AbortController();
  const asset = written("endless", `create table endless as select count(*) as n from tpch.sf1000.lineitem where comment = 'asset'`);
  const running = materialize([asset], { env: { TRINO_URL: server.url }, signal: abort.signal });
  await until(async () => (await runningWith(server, "'asset'")).length === 1);
  abort.abort(new Error("canceled"));
  expect([...(await running).steps.values()]).toEqual([{ outcome: "canceled" }]);
  expect(await runningWith(server, "'asset'")).toEqual([]);
});

test("a restart of Trino ends its queries with a word about it, and new ones wait until it is up", { timeout: 600_000 }, async () => {
  const { port } = server;
  const { trino: direct, lines } = await openTrino({ url: server.url, patience: 500 });
  const lost = rejection(direct.scalar(`${LONG} where comment = 'lost'`));
  await until(async () => (await runningWith(server, "'lost'"))[0]?.state === "RUNNING");
  await server.stop("SIGKILL");
  const waiting = direct.scalar("select count(*) from lakehouse.gold.monthly");
  server = await startTrinoServer({ dataDir: await dataFolder("sdk-iceberg"), port, keepData: true });
  expect(await waiting).toBe(3);
  expect(await lost).toMatchObject({ name: "QUERY_GONE", retryable: true, message: expect.stringContaining("restarted") });
  expect(lines.some(({ level, message }) => level === "warn" && message.includes("Trying again"))).toBe(true);
});

test("a Trino that stays away is an error when patience ends", async () => {
  const { trino: direct } = await openTrino({ url: server.url, patience: 1 });
  const lost = rejection(direct.scalar(`${LONG} where comment = 'away'`));
  await until(async () => (await runningWith(server, "'away'")).length === 1);
  await server.stop("SIGKILL");
  expect(await lost).toMatchObject({ name: "SERVER_UNREACHABLE", retryable: true, message: expect.stringContaining(server.url) });
});
