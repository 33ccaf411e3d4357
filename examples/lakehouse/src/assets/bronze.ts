/** Raw data: what the ingestion tool exports is landed as it is. The staging models above it are dbt's, see `silver.ts`. */
import { defineMultiAsset, defineSourceAsset } from "@headgate/sdk";
import { engineKind, landing } from "../resources.ts";
import { engines, land } from "../tables.ts";

/** Somebody else's: it is in the lineage, but nothing here runs it. */
export const postgresCustomers = defineSourceAsset({
  key: "airbyte/postgres_customers",
  group: "ingestion",
  kinds: ["airbyte", "postgres"],
  description: "The shop's customer database, synced every hour.",
  owners: ["team:platform"],
  url: "https://airbyte.example.com/connections/customers",
});

export const postgresOrders = defineSourceAsset({
  key: "airbyte/postgres_orders",
  group: "ingestion",
  kinds: ["airbyte", "postgres"],
  description: "The shop's order database, synced every hour.",
  owners: ["team:platform"],
  url: "https://airbyte.example.com/connections/orders",
});

const raw = { group: "bronze", kinds: [engineKind], owners: ["team:platform"], tags: { layer: "raw" } };

export const landRaw = defineMultiAsset({
  name: "land_raw",
  outputs: {
    customers: { ...raw, key: "raw/customers", description: "Customers as exported.", deps: [postgresCustomers] },
    orders: { ...raw, key: "raw/orders", description: "Orders as exported.", deps: [postgresOrders] },
    order_items: {
      ...raw,
      key: "raw/order_items",
      kinds: [engineKind, "parquet"],
      description: "Order lines as exported.",
      deps: [postgresOrders],
    },
  },
  requires: [...engines, landing],
  subset: true,
  retry: { maxRetries: 2, delay: 1, backoff: "exponential" },
  async *run({ selected, resources, log }) {
    for (const name of selected) {
      const files = await resources.landing.filesOf(name);
      log.info(`landing raw.${name}`, { files: files.length });
      yield { output: name, metadata: { ...(await land(resources, { table: name, files, log })), files: files.length } };
    }
  },
});
