/**
 * The Drizzle schema of the tables of assets and checks (latest states, history, number series, freshness), for row types and typed queries.
 * `migrations.ts` creates the tables, and a test compares the two.
 * Times are milliseconds, booleans 0 and 1, `*_no` refers to a run's small number instead of its long id.
 */
import { integer, primaryKey, real, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { FreshnessState } from "@headgate/shared/domain/health/freshness.ts";

export const assetState = sqliteTable("asset_state", {
  asset: text().primaryKey(),
  materializedAt: integer(),
  materializedRun: text(),
  materializedStep: text(),
  materializedPartition: text(),
  materializedSeq: integer(),
  durationMs: real(),
  rowCount: real(),
  codeVersion: text(),
  failedAt: integer(),
  failedRun: text(),
  failedStep: text(),
  failedMessage: text(),
  failedPartition: text(),
  latestSeq: integer(),
  /** The data version of the latest materialization or observation. */
  dataVersion: text(),
  observedAt: integer(),
  observedSeq: integer(),
  /** The step of the latest materialization could see everything up to this event. */
  sawSeq: integer(),
  /** The latest event that changed the data, and up to where its step could see. */
  changedSeq: integer(),
  changedSaw: integer(),
  changedAt: integer(),
  /** Attempts that failed since the last materialization, and when the first of them failed. */
  failures: integer()
    .notNull()
    .$default(() => 0),
  failingSince: integer(),
});

export const assetEvent = sqliteTable(
  "asset_event",
  {
    asset: text().notNull(),
    gseq: integer().notNull(),
    type: text().notNull(),
    partition: text(),
    dataVersion: text(),
    /** 0 if the data version is the same as before. */
    changed: integer(),
    /** The number of the event that started the step; null if no step made this event. */
    startedSeq: integer(),
  },
  (table) => [primaryKey({ columns: [table.asset, table.gseq] })],
);

export const checkState = sqliteTable(
  "check_state",
  {
    asset: text().notNull(),
    name: text().notNull(),
    gseq: integer().notNull(),
    at: integer().notNull(),
    run: text().notNull(),
    passed: integer().notNull(),
    severity: text().$type<"warn" | "error">().notNull(),
    description: text(),
    /** How many results in a row did not pass, and the time of the first of them. */
    failures: integer()
      .notNull()
      .$default(() => 0),
    failingSince: integer(),
  },
  (table) => [primaryKey({ columns: [table.asset, table.name] })],
);

export const checkEvent = sqliteTable(
  "check_event",
  {
    asset: text().notNull(),
    name: text().notNull(),
    gseq: integer().notNull(),
    runNo: integer().notNull(),
    step: text().notNull(),
    passed: integer().notNull(),
    severity: text().$type<"warn" | "error">().notNull(),
  },
  (table) => [primaryKey({ columns: [table.asset, table.name, table.gseq] })],
);

export const series = sqliteTable(
  "series",
  {
    asset: text().notNull(),
    name: text().notNull(),
    gseq: integer().notNull(),
    at: integer().notNull(),
    value: real().notNull(),
    run: text().notNull(),
    partition: text(),
  },
  (table) => [primaryKey({ columns: [table.asset, table.name, table.gseq] })],
);

/** Reports from outside that are stored, by the request id of the reporter. */
export const reportRequest = sqliteTable("report_request", { id: text().primaryKey(), gseq: integer().notNull(), at: integer().notNull() });

export const freshnessState = sqliteTable("freshness_state", {
  asset: text().primaryKey(),
  state: text().$type<FreshnessState>().notNull(),
  since: integer().notNull(),
  changesAt: integer(),
});
