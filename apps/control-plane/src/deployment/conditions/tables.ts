/**
 * The Drizzle schema of the tables of automation conditions (states, changes, evaluations, pauses), for row types and typed queries.
 * `migrations.ts` creates the tables, and a test compares the two.
 * Times are milliseconds, booleans 0 and 1, `*_no` refers to a run's small number instead of its long id.
 */
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { CauseChain } from "@headgate/shared/domain/automation/cause-chain.ts";
import type { TargetState } from "@headgate/shared/domain/automation/state.ts";
import type { EvaluationNode } from "@headgate/shared/domain/automation/tree.ts";

export const conditionState = sqliteTable("condition_state", {
  target: text().primaryKey(),
  state: text({ mode: "json" }).$type<TargetState>().notNull(),
  /** When the condition may change by time alone. */
  wakeAt: integer(),
  requestedAt: integer(),
  /** Identifies the condition and its target's definition. If an activation changes it, the condition is evaluated. */
  definition: text().notNull(),
  /** The sensors that led to the changes since the last request. */
  chain: text({ mode: "json" }).$type<CauseChain>(),
});

/** Changes since the last evaluation. */
export const conditionChange = sqliteTable("condition_change", {
  target: text().primaryKey(),
  cause: text().notNull(),
  at: integer().notNull(),
  chain: text({ mode: "json" }).$type<CauseChain>(),
});

export const conditionEvaluation = sqliteTable("condition_evaluation", {
  no: integer().primaryKey(),
  id: text().notNull(),
  target: text().notNull(),
  at: integer().notNull(),
  requested: integer().notNull(),
  partitions: text({ mode: "json" }).$type<readonly string[]>(),
  runs: text({ mode: "json" }).$type<readonly string[]>().notNull(),
  backfill: text(),
  cause: text().notNull(),
  error: text(),
  tree: text({ mode: "json" }).$type<EvaluationNode>(),
});

export const pause = sqliteTable("pause", {
  scope: text().primaryKey(),
  by: text().notNull(),
  at: integer().notNull(),
  reason: text(),
  until: integer(),
});
