/** What is kept in memory of rows that a transaction wrote which then failed. */
import { forgetPlans } from "./commands/backfill/backfill-plans.ts";
import { forgetPartitions } from "./partition-context.ts";
import type { Database } from "./store/database.ts";

export function forgetCaches(db: Database): void {
  forgetPartitions(db);
  forgetPlans(db);
}
