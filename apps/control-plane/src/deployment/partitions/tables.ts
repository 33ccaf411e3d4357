/**
 * The Drizzle schema of the tables of partition states and dynamic keys, for row types and typed queries. `migrations.ts` creates the tables,
 * and a test compares the two.
 * Times are milliseconds, booleans 0 and 1, `*_no` refers to a run's small number instead of its long id.
 */
import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** One row per partitioned asset: its materialized and failed partitions as compact subsets. */
export const assetPartition = sqliteTable("asset_partition", {
  asset: text().primaryKey(),
  materialized: text().notNull(),
  failed: text().notNull(),
  /** Partitions that read data that changed later; the dependency that changed last, and when. */
  stale: text()
    .notNull()
    .$default(() => ""),
  staleBy: text(),
  staleAt: integer(),
});

export const partitionFailure = sqliteTable(
  "partition_failure",
  { asset: text().notNull(), partition: text().notNull(), at: integer().notNull(), run: text().notNull(), message: text().notNull() },
  (table) => [primaryKey({ columns: [table.asset, table.partition] })],
);

export const dynamicKey = sqliteTable(
  "dynamic_key",
  { name: text().notNull(), key: text().notNull(), no: integer().notNull(), addedAt: integer().notNull(), addedBy: text().notNull() },
  (table) => [primaryKey({ columns: [table.name, table.key] })],
);
