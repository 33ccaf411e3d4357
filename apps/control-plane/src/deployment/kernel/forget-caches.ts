/** What is kept in memory of rows that a transaction wrote which then failed. */
import { forgetPlans } from "../backfills/backfill-plans.ts";
import { forgetPartitions } from "../partitions/partition-context.ts";
import type { Database } from "./database.ts";

export function forgetCaches(db: Database): void {
  forgetPartitions(db);
  forgetPlans(db);
}
