/**
 * The Drizzle schema of the tables of code locations, their versions and what each version defines, for row types and typed queries.
 * `migrations.ts` creates the tables, and a test compares the two.
 * Times are milliseconds, booleans 0 and 1, `*_no` refers to a run's small number instead of its long id.
 */
import { integer, primaryKey, real, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { VersionView } from "@headgate/shared/contract/catalog/locations.ts";
import type { LocationSwitch } from "@headgate/shared/domain/automation/starts-on.ts";
import type { GraphAsset, PlanUnit } from "@headgate/shared/domain/run/plan-types.ts";
import type { LoadError, ManifestCheck, ManifestJob, ManifestSchedule, ManifestSensor } from "@headgate/shared/manifest/schema.ts";

export const location = sqliteTable("location", {
  name: text().primaryKey(),
  activeVersion: text(),
  errors: text({ mode: "json" }).$type<readonly LoadError[]>().notNull(),
  erroredAt: integer(),
  updatedAt: integer().notNull(),
  /** The switch of its schedules, sensors and conditions. */
  switch: text().$type<LocationSwitch>().notNull(),
  /** Who switched it last; null: no one. */
  switchedBy: text(),
  switchedAt: integer(),
});

export const version = sqliteTable("version", {
  no: integer().primaryKey(),
  id: text().notNull(),
  location: text().notNull(),
  number: integer().notNull(),
  hash: text().notNull(),
  manifestKey: text().notNull(),
  publishedAt: integer().notNull(),
  publishedBy: text().notNull(),
  counts: text({ mode: "json" }).$type<VersionView["counts"]>().notNull(),
  git: text({ mode: "json" }).$type<VersionView["git"]>(),
  sdk: text().notNull(),
  diff: text({ mode: "json" }).$type<VersionView["diff"]>().notNull(),
  pools: text({ mode: "json" }).$type<Readonly<Record<string, number>>>().notNull(),
});

export const versionAsset = sqliteTable(
  "version_asset",
  {
    versionNo: integer().notNull(),
    key: text().notNull(),
    position: integer().notNull(),
    /** The part that planning needs; read for every asset when the object starts. */
    graph: text({ mode: "json" }).$type<GraphAsset>().notNull(),
    /** The rest of the definition, for pages. */
    detail: text().notNull(),
    code: text(),
    configSchema: text(),
  },
  (table) => [primaryKey({ columns: [table.versionNo, table.key] })],
);

/** The position of each asset of the active definitions in the lineage layout. */
export const nodePlace = sqliteTable("node_place", {
  key: text().primaryKey(),
  x: real().notNull(),
  y: real().notNull(),
  level: integer().notNull(),
});

export const versionUnit = sqliteTable(
  "version_unit",
  { versionNo: integer().notNull(), id: text().notNull(), body: text({ mode: "json" }).$type<PlanUnit>().notNull() },
  (table) => [primaryKey({ columns: [table.versionNo, table.id] })],
);

export const versionCheck = sqliteTable(
  "version_check",
  {
    versionNo: integer().notNull(),
    asset: text().notNull(),
    name: text().notNull(),
    body: text({ mode: "json" }).$type<ManifestCheck>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.versionNo, table.asset, table.name] })],
);

export const versionJob = sqliteTable(
  "version_job",
  { versionNo: integer().notNull(), name: text().notNull(), body: text({ mode: "json" }).$type<ManifestJob>().notNull() },
  (table) => [primaryKey({ columns: [table.versionNo, table.name] })],
);

export const versionSchedule = sqliteTable(
  "version_schedule",
  { versionNo: integer().notNull(), name: text().notNull(), body: text({ mode: "json" }).$type<ManifestSchedule>().notNull() },
  (table) => [primaryKey({ columns: [table.versionNo, table.name] })],
);

export const versionSensor = sqliteTable(
  "version_sensor",
  { versionNo: integer().notNull(), name: text().notNull(), body: text({ mode: "json" }).$type<ManifestSensor>().notNull() },
  (table) => [primaryKey({ columns: [table.versionNo, table.name] })],
);
