/** Raw data: what the ingestion tool exports is landed in DuckDB as it is. The staging models above it are dbt's, see `silver.ts`. */
import { defineMultiAsset, sourceAsset, tableSchema } from "@headgate/sdk";
import { duckdb, landing } from "../resources.ts";

/** Somebody else's: it is in the lineage, but nothing here runs it. */
export const postgresCustomers = sourceAsset("airbyte/postgres_customers", {
  group: "ingestion",
  kinds: ["airbyte", "postgres"],
  description: "The shop's customer database, synced every hour.",
  owners: ["team:platform"],
  url: "https://airbyte.example.com/connections/customers",
});

export const postgresOrders = sourceAsset("airbyte/postgres_orders", {
  group: "ingestion",
  kinds: ["airbyte", "postgres"],
  description: "The shop's order database, synced every hour.",
  owners: ["team:platform"],
  url: "https://airbyte.example.com/connections/orders",
});

const raw = { group: "bronze", kinds: ["duckdb"], owners: ["team:platform"], tags: { layer: "raw" } };

export const landRaw = defineMultiAsset({
  name: "land_raw",
  outputs: {
    customers: { ...raw, key: "raw/customers", description: "Customers as exported.", deps: [postgresCustomers] },
    orders: { ...raw, key: "raw/orders", description: "Orders as exported.", deps: [postgresOrders] },
    order_items: {
      ...raw,
      key: "raw/order_items",
      kinds: ["duckdb", "parquet"],
      description: "Order lines as exported.",
      deps: [postgresOrders],
    },
  },
  requires: [duckdb, landing],
  subset: true,
  retry: { maxRetries: 2, delaySeconds: 1, backoff: "exponential" },
  async *run({ selected, resources, log }) {
    await resources.duckdb.execute("create schema if not exists raw");
    for (const name of selected) {
      const files = await resources.landing.filesOf(name);
      log.info(`landing raw.${name}`, { files: files.length });
      await resources.duckdb.execute(`create or replace table raw.${name} as ${files.map(readFile).join(" union all by name ")}`);
      const { rowCount, columns } = await resources.duckdb.table(`raw.${name}`);
      yield {
        output: name,
        metadata: { row_count: rowCount, columns: tableSchema(columns), relation: `lakehouse.raw.${name}`, files: files.length },
      };
    }
  },
});

function readFile(file: string): string {
  return `select * from ${file.endsWith(".parquet") ? "read_parquet" : "read_csv"}('${file.replaceAll("'", "''")}')`;
}
