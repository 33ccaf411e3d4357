/** Assets in TypeScript on top of the dbt models. */
import {
  automation,
  checkResult,
  dailyPartitions,
  defineAsset,
  freshness,
  materialization,
  md,
  sql,
  table,
  withDefaults,
} from "@headgate/sdk";
import { z } from "zod";
import { dbt, engineKind } from "../resources.ts";
import { engines, query } from "../tables.ts";

type Customer = { customer: string; country: string | null; orders: number; revenue_cents: number };

const TOP_CUSTOMERS = `
  select d.first_name || ' ' || d.last_name as customer, d.country_name as country, count(*) as orders, sum(o.amount_cents) as revenue_cents
  from gold.fct_orders o join silver.dim_customer d using (customer_key)
  where o.status <> 'cancelled'
  group by 1, 2 order by revenue_cents desc, customer limit ?`;

/** Its returned rows are stored, and typed, for the assets that name it in `inputs`. */
export const topCustomers = defineAsset({
  key: "gold/top_customers",
  group: "gold",
  description: "The customers who bring the most revenue.",
  owners: ["sales@example.com"],
  tags: { audience: "sales" },
  kinds: ["typescript", engineKind],
  codeVersion: "1",
  metadata: { query: sql(TOP_CUSTOMERS) },
  deps: ["gold/fct_orders", "silver/dim_customer"],
  // Whenever one of them was updated by a run that did not make this one as well.
  automation: { condition: automation.eager(), defaultStatus: "running" },
  freshness: freshness.timeWindow({ failAfter: "26h", warnAfter: "25h" }),
  requires: engines,
  config: z.object({ limit: z.number().int().positive().default(10) }),
  checks: { sorted: { description: "The biggest customer comes first." } },
  async run({ resources, config, log }) {
    const rows = await query<Customer>(resources, TOP_CUSTOMERS, [config.limit]);
    log.info(`found ${rows.length} customers`, { first: rows[0]?.customer });
    const sorted = rows.every((row, index) => index === 0 || row.revenue_cents <= (rows[index - 1]?.revenue_cents ?? 0));
    return materialization({
      value: rows,
      metadata: {
        row_count: rows.length,
        revenue_cents: rows.reduce((sum, row) => sum + row.revenue_cents, 0),
        preview: table(rows.slice(0, 5)),
      },
      checks: [checkResult({ name: "sorted", passed: sorted })],
    });
  },
});

/** Blocking: when it fails, the report below is not made, neither in the same run nor by its condition. Try it: LAKEHOUSE_MIN_CUSTOMERS=1000 npm start */
export const enoughCustomers = topCustomers.check({
  name: "enough_customers",
  blocking: true,
  description: "A report about fewer customers would mislead.",
  async run({ loadValue, env }) {
    const expected = Number(env["LAKEHOUSE_MIN_CUSTOMERS"] ?? 5);
    const { length } = await loadValue();
    return checkResult({
      passed: length >= expected,
      description: `Expected at least ${expected} customers, got ${length}`,
      metadata: { customers: length },
    });
  },
});

const metric = withDefaults({ group: "metrics", kinds: ["typescript"], owners: ["sales@example.com"] });

export const customerReport = metric({
  key: "metrics/customer_report",
  description: "The top customers as text, ready to be sent.",
  inputs: { topCustomers },
  automation: { condition: automation.and(automation.eager(), automation.allDepsBlockingChecksPassed()), defaultStatus: "running" },
  run({ inputs }) {
    const lines = inputs.topCustomers.map(
      (row, index) => `${index + 1}. **${row.customer}**: ${row.orders} orders, ${(row.revenue_cents / 100).toFixed(2)}`,
    );
    return materialization({ value: lines.join("\n"), metadata: { row_count: lines.length, report: md(lines.join("\n")) } });
  },
});

/** One partition a day: `partition.window` is the half-open day. */
export const ordersByDay = metric({
  key: "metrics/orders_by_day",
  description: "Orders of one day by status.",
  deps: ["gold/fct_orders"],
  requires: engines,
  partitions: dailyPartitions({ start: "2025-01-01", end: "2025-03-02" }),
  async run({ partition, resources }) {
    const { start, end } = partition.window;
    const rows = await query<{ status: string; orders: number }>(
      resources,
      "select status, count(*) as orders from gold.fct_orders where ordered_at >= ? and ordered_at < ? group by status order by status",
      [start, end],
    );
    return materialization({
      value: rows,
      metadata: { row_count: rows.length, orders: rows.reduce((sum, row) => sum + row.orders, 0), by_status: table(rows) },
    });
  },
});

/** dbt as a tool: the tests of the sources belong to no asset of the dbt project, so an asset of its own runs them. */
export const sourceQuality = metric({
  key: "metrics/source_quality",
  description: "How many dbt tests of the raw tables pass.",
  deps: ["raw/customers", "raw/orders"],
  requires: [dbt],
  async run({ resources, log }) {
    const { nodes } = await resources.dbt.test({ select: "source:*" });
    const passed = nodes.filter((node) => node.status === "pass").length;
    if (passed < nodes.length) log.warn(`${nodes.length - passed} source tests gave a warning`);
    return materialization({ metadata: { tests: nodes.length, passed } });
  },
});
