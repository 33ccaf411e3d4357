/** The program of a data engineer, over every form the SDK offers: it must type-check, and what must not compile must not. */
import { z } from "zod";
import {
  allPartitions,
  checkResult,
  dailyPartitions,
  defineAsset,
  defineCodeLocation,
  defineJob,
  defineMultiAsset,
  defineResource,
  defineSchedule,
  defineSensor,
  materialization,
  runRequest,
  select,
  skip,
  defineSourceAsset,
  withDefaults,
} from "@headgate/sdk";

const dbt = defineResource({
  key: "dbt",
  setup: () => ({ run: async (options: { select: string }) => ({ elapsed: options.select.length }) }),
});
const trino = defineResource({
  key: "trino",
  kind: "trino",
  setup: () => ({
    one: async <T>(text: string): Promise<T> => ({ row_count: text.length, unique_customers: 2 }) as T,
    scalar: async <T>(_text: string): Promise<T> => 0 as T,
    query: async <T>(_text: string, _parameters: readonly unknown[]): Promise<T[]> => [],
  }),
});
export const airbyte = defineResource({
  key: "airbyte",
  setup: () => ({
    jobs: async (_filter: { status: string; updatedAfter?: Date }) => [{ jobId: 7, lastUpdatedAt: "2025-01-02T00:00:00Z" }],
  }),
});
const slack = defineResource({
  key: "slack",
  config: z.object({ channel: z.string() }),
  values: { channel: "#data" },
  env: ["SLACK_TOKEN"],
  setup: ({ config, env }) => ({ post: async (text: string) => [env["SLACK_TOKEN"], config.channel, text].length }),
});

const customersRaw = defineSourceAsset({ key: "airbyte/customers", kinds: ["airbyte"] });
export const stgCustomers = defineAsset({
  key: "stg_customers",
  group: "bronze",
  description: "Raw customers staging table",
  requires: [dbt],
  deps: [customersRaw],
  async run({ log, resources }) {
    log.info("Materializing stg_customers");
    await resources.dbt.run({ select: "stg_customers" });
    return "stg_customers materialized";
  },
});
export const dimCustomer = defineAsset({
  key: "dim_customer",
  group: "silver",
  requires: [dbt, trino],
  inputs: { stgCustomers },
  async run({ resources, inputs, log }) {
    const upstream: string = inputs.stgCustomers;
    // @ts-expect-error the upstream value is a string
    const wrong: number = inputs.stgCustomers;
    await resources.dbt.run({ select: "dim_customer" });
    // @ts-expect-error slack is not required
    void resources.slack;
    const { row_count, unique_customers } = await resources.trino.one<{ row_count: number; unique_customers: number }>("select 1");
    log.info(`dim_customer has ${row_count} rows after ${upstream}`, { wrong });
    const nulls = await resources.trino.scalar<number>("select count(*)");
    if (nulls > 0) log.warn(`${nulls} customers have NULL email`);
    return materialization({
      metadata: { row_count, unique_customers, freshness: new Date(0) },
      checks: [checkResult({ passed: row_count >= 1, description: `Expected rows, got ${row_count}` })],
    });
  },
});
const fctOrders = defineAsset({
  key: "fct_orders",
  group: "gold",
  requires: [dbt],
  deps: [dimCustomer],
  async run(context) {
    // @ts-expect-error an unpartitioned asset has no partition
    void context.partition;
    // @ts-expect-error an asset without a schema has no config
    void context.config;
    await context.resources.dbt.run({ select: "fct_orders" });
  },
});
export const dailyEvents = defineAsset({
  key: "daily_events",
  group: "bronze",
  requires: [trino],
  partitions: dailyPartitions({ start: "2025-01-01" }),
  config: z.object({ limit: z.number().default(100) }),
  async run({ partition, resources, config }) {
    const start: Date = partition.window.start;
    // @ts-expect-error the schema knows no such key
    void config.unknown;
    return resources.trino.query<{ id: number }>("select * from events where dt = ? limit ?", [partition.key, config.limit, start]);
  },
});
export const eventTotals = defineAsset({
  key: "event_totals",
  inputs: { days: allPartitions(dailyEvents) },
  run({ inputs }) {
    const days: ReadonlyMap<string, readonly { id: number }[]> = inputs.days;
    return days.size;
  },
});
const legacyStyle = defineAsset({
  key: "legacy",
  requires: [trino],
  async *run({ resources }) {
    yield materialization({ asset: "legacy", metadata: { row_count: await resources.trino.scalar<number>("select 1") } });
  },
});
export const split = defineMultiAsset({
  name: "split",
  outputs: { a: { key: "split/a" }, b: { key: "split/b", deps: [stgCustomers] } },
  requires: [trino],
  subset: true,
  async *run({ selected }) {
    // @ts-expect-error there is no output c
    selected.has("c");
    if (selected.has("a")) yield { output: "a", value: 1 };
    if (selected.has("b")) yield { output: "b", value: "two", metadata: { n: 1 } };
  },
});
const afterSplit = defineAsset({
  key: "after_split",
  inputs: { a: split.outputs.a, b: split.outputs.b },
  run({ inputs }) {
    const sum: number = inputs.a + 1;
    const text: string = inputs.b;
    return `${sum}${text}`;
  },
});
dimCustomer.check({
  name: "email_not_null",
  blocking: true,
  requires: [trino],
  run: async ({ resources }) => checkResult({ passed: (await resources.trino.scalar<number>("select 0")) === 0 }),
});
// @ts-expect-error a key is needed
defineAsset({ run: () => 1 });
// @ts-expect-error inputs are assets, not keys
defineAsset({ key: "bad", inputs: { x: "stg_customers" }, run: () => 1 });

const bronzeJob = defineJob({ name: "bronze_refresh", selection: select.groups("bronze") });
const fullRefresh = defineJob({ name: "full_refresh", selection: "*" });
const customerPipeline = defineJob({ name: "customer_pipeline", selection: select.keys(stgCustomers).downstream() });
export const dailyRefresh = defineSchedule({
  job: defineJob({ name: "daily_refresh", selection: "*" }),
  cron: "0 2 * * *",
  timezone: "Europe/Paris",
});
export const airbyteSensor = defineSensor({
  name: "airbyte_sync_sensor",
  job: bronzeJob,
  every: "30s",
  requires: [airbyte],
  async *evaluate({ resources, cursor, setCursor }) {
    const since = cursor === null ? undefined : new Date(cursor);
    const syncs = await resources.airbyte.jobs({ status: "succeeded", ...(since && { updatedAfter: since }) });
    if (syncs.length === 0) {
      yield skip("no new syncs");
      return;
    }
    for (const sync of syncs) {
      yield runRequest({ runKey: `airbyte_${sync.jobId}`, tags: { source: "airbyte", airbyte_sync_id: String(sync.jobId) } });
      setCursor(sync.lastUpdatedAt);
    }
  },
});
const bronzeAsset = withDefaults({ group: "bronze", retry: { maxRetries: 3, backoff: "exponential" } });
const grouped = bronzeAsset({ key: "x", run: async () => 1 });

export const lakehouse = defineCodeLocation({
  name: "lakehouse_analytics",
  assets: [stgCustomers, dimCustomer, fctOrders, dailyEvents, eventTotals, legacyStyle, split, afterSplit, customersRaw, [grouped]],
  jobs: [bronzeJob, fullRefresh, customerPipeline],
  schedules: [dailyRefresh],
  sensors: [airbyteSensor],
  resources: [dbt, trino, airbyte, slack],
});
