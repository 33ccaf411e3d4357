/**
 * The Drizzle schema of the backfill tables, for row types and typed queries. `migrations.ts` creates the tables, and a test compares the two.
 * Times are milliseconds, booleans 0 and 1, `*_no` refers to a run's small number instead of its long id.
 */
import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { RunChain } from "@headgate/shared/domain/automation/cause-chain.ts";
import type { BackfillStatus } from "@headgate/shared/contract/runs/backfill-views.ts";

type Tags = Readonly<Record<string, string>>;

export const backfill = sqliteTable("backfill", {
  no: integer().primaryKey(),
  id: text().notNull(),
  title: text().notNull(),
  status: text().$type<BackfillStatus>().notNull(),
  selection: text().notNull(),
  /** The requested partitions, in words. */
  partitions: text().notNull(),
  assetCount: integer().notNull(),
  runsTotal: integer().notNull(),
  /** Slices of the plan by outcome, as ranges `[from, to, from, to...]`; `to` is not included. */
  succeeded: text({ mode: "json" }).$type<readonly number[]>().notNull(),
  failed: text({ mode: "json" }).$type<readonly number[]>().notNull(),
  canceled: text({ mode: "json" }).$type<readonly number[]>().notNull(),
  blocked: integer().notNull(),
  /** Active slices, each with its first run. */
  active: text({ mode: "json" }).$type<readonly (readonly [slice: number, runNo: number])[]>().notNull(),
  /** Why slices failed for which no run could be made. */
  refused: text({ mode: "json" }).$type<readonly { readonly message: string; readonly slices: readonly number[] }[]>().notNull(),
  maxActive: integer().notNull(),
  priority: integer().notNull(),
  tags: text({ mode: "json" }).$type<Tags>().notNull(),
  config: text(),
  createdAt: integer().notNull(),
  createdBy: text().notNull(),
  endedAt: integer(),
  error: text(),
  requestId: text(),
  /** The sensors that led to the condition that requested this backfill. */
  chain: text({ mode: "json" }).$type<RunChain>(),
});

/** The frozen plan, a few hundred slices a row: 10,000 partitions need a few dozen rows. */
export const backfillPlan = sqliteTable(
  "backfill_plan",
  { backfillNo: integer().notNull(), chunk: integer().notNull(), body: text().notNull() },
  (table) => [primaryKey({ columns: [table.backfillNo, table.chunk] })],
);
