import { expect, test } from "vitest";
import { microbatchPartitions } from "../../src/integrations/dbt/index.ts";
import { createShop, landCustomers } from "./shop-project.test-support.ts";

test(
  "a range of days runs one batch a day, each its own materialization, and the second time in its bounds only",
  { timeout: 240_000 },
  async () => {
    const shop = createShop();
    await shop.rows("create schema if not exists raw");
    await shop.rows(
      "create or replace table raw.customers as select i as id, timestamp '2025-01-01' + to_hours(i * 12) as happened from range(0, 20) t(i)",
    );
    shop.write(
      "models/silver/per_day.sql",
      "{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='happened', batch_size='day', begin='2025-01-01') }} select id, happened from {{ source('raw', 'customers') }}",
    );
    shop.write(
      "models/more.yml",
      "version: 2\nsources: [{name: events, schema: raw, tables: [{name: customers, config: {event_time: happened}}]}]\n",
    );
    shop.write("models/silver/per_day.sql", shop.read("models/silver/per_day.sql").replace("source('raw'", "source('events'"));
    const unit = shop.unit({ select: "per_day", partitions: microbatchPartitions });
    const described = await shop.describe(unit);
    expect(described.ok && described.description.assets.find(({ key }) => key === "silver/per_day")?.partitions).toMatchObject({
      cadence: "daily",
      start: "2025-01-01",
    });
    const run = async (partition: string) => {
      const { outcome, events } = await shop.execute(unit, { partition });
      expect(outcome).toEqual({ outcome: "succeeded" });
      return events.flatMap((event) => (event.type === "asset_materialized" ? [event.partition] : []));
    };
    expect(await run("2025-01-02...2025-01-04")).toEqual(["2025-01-02", "2025-01-03", "2025-01-04", "2025-01-02...2025-01-04"]);
    const days = "select strftime(happened, '%Y-%m-%d') as day, count(*)::int as n from silver.per_day group by all order by all";
    const three = ["2025-01-02", "2025-01-03", "2025-01-04"].map((day) => ({ day, n: 2 }));
    expect(await shop.rows(days)).toEqual(three);
    expect(await run("2025-01-05")).toEqual(["2025-01-05"]);
    expect(await shop.rows(days)).toEqual([...three, { day: "2025-01-05", n: 2 }]);

    // One bad day: the others count, and the failure says what was wrong with it.
    shop.write(
      "models/silver/per_day.sql",
      shop
        .read("models/silver/per_day.sql")
        .replace("select id,", "select case when happened::date = date '2025-01-07' then error('no such day')::int else id end as id,"),
    );
    const { outcome, events } = await shop.execute(unit, { partition: "2025-01-06...2025-01-08" });
    expect(outcome).toMatchObject({ outcome: "failed", retryable: true, failure: { message: expect.stringContaining("no such day") } });
    expect(events.flatMap((event) => (event.type === "asset_materialized" ? [event.partition] : []))).toContain("2025-01-06");
    expect(events.filter((event) => event.type === "asset_failed")).toHaveLength(1);
  },
);

test("a first day that fails is one failure of one asset, although dbt skips all other days", { timeout: 120_000 }, async () => {
  const shop = createShop();
  await landCustomers(shop);
  shop.write(
    "models/silver/per_day.sql",
    "{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='happened', batch_size='day', begin='2025-01-01') }} select error('no such day')::timestamp as happened",
  );
  const { outcome, events } = await shop.execute(shop.unit({ select: "per_day", partitions: microbatchPartitions }), {
    partition: "2025-01-02...2025-01-04",
  });
  expect(outcome).toMatchObject({
    outcome: "failed",
    failure: { message: expect.stringMatching(/^1 of 1 dbt asset failed\. .*no such day/s) },
  });
  expect(events.flatMap(({ type }) => (type.startsWith("asset_") ? [type] : []))).toEqual(["asset_started", "asset_failed"]);
});

test("a model of days below one that fails is skipped", { timeout: 120_000 }, async () => {
  const shop = createShop();
  await landCustomers(shop);
  shop.write("models/silver/broken.sql", "select no_such_column");
  shop.write(
    "models/silver/per_day.sql",
    "{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='happened', batch_size='day', begin='2025-01-01') }} select now() as happened from {{ ref('broken') }}",
  );
  const { events } = await shop.execute(shop.unit({ select: "broken per_day", partitions: microbatchPartitions }), {
    assets: ["silver/broken", "silver/per_day"],
    partition: "2025-01-02...2025-01-04",
  });
  expect(events.filter(({ type }) => type === "asset_skipped")).toEqual([
    { type: "asset_skipped", asset: "silver/per_day", reason: "upstream silver/broken failed" },
  ]);
});
