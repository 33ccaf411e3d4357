/** Stores code locations and their versions. `location.active_version` names the version whose definitions are active. */
import { and, asc, desc, eq, lt } from "drizzle-orm";
import type { PlanUnit } from "@headgate/shared/domain/run/plan-types.ts";
import type { Manifest, ManifestAsset } from "@headgate/shared/manifest/schema.ts";
import { location, version, versionCheck, versionJob, versionSchedule, versionSensor, versionUnit } from "./tables.ts";
import { type Database, execBatches, prepared } from "../kernel/database.ts";

export type LocationRow = typeof location.$inferSelect;
export type VersionRow = typeof version.$inferSelect;

export function readLocations(db: Database): LocationRow[] {
  return prepared(db, "readLocations", (orm) => orm.select().from(location).orderBy(asc(location.name)).prepare()).all();
}

export function readLocation(db: Database, name: string): LocationRow | null {
  return db.orm.select().from(location).where(eq(location.name, name)).get() ?? null;
}

/** A location that was never published or switched. */
export function newLocation(name: string): Omit<LocationRow, "updatedAt"> {
  return { name, activeVersion: null, errors: [], erroredAt: null, switch: "new", switchedBy: null, switchedAt: null };
}

export function saveLocation(db: Database, row: LocationRow): void {
  db.orm.insert(location).values(row).onConflictDoUpdate({ target: location.name, set: row }).run();
}

export function readVersion(db: Database, id: string): VersionRow | null {
  return db.orm.select().from(version).where(eq(version.id, id)).get() ?? null;
}

export function versionByHash(db: Database, locationName: string, hash: string): VersionRow | null {
  return (
    db.orm
      .select()
      .from(version)
      .where(and(eq(version.location, locationName), eq(version.hash, hash)))
      .get() ?? null
  );
}

export function newestVersion(db: Database, locationName: string): VersionRow | null {
  return db.orm.select().from(version).where(eq(version.location, locationName)).orderBy(desc(version.number)).limit(1).get() ?? null;
}

/** Newest first. */
export function listVersions(
  db: Database,
  query: { readonly location: string; readonly before: number | null; readonly limit: number },
): VersionRow[] {
  return db.orm
    .select()
    .from(version)
    .where(and(eq(version.location, query.location), query.before === null ? undefined : lt(version.number, query.before)))
    .orderBy(desc(version.number))
    .limit(query.limit)
    .all();
}

export function insertVersion(db: Database, row: Omit<VersionRow, "no">, manifest: Manifest): VersionRow {
  const inserted = db.orm.insert(version).values(row).returning().get();
  const values = [inserted.no];
  execBatches(
    db,
    `INSERT INTO version_asset (version_no, key, position, graph, detail, code, config_schema)
     SELECT ?2, value ->> 'key', value ->> 'position', value -> 'graph', value -> 'detail', value ->> 'code', value ->> 'config' FROM json_each(?1)`,
    { rows: manifest.assets.map((asset, position) => assetParts(asset, { location: manifest.location, position })), values },
  );
  const named = (table: string, rows: readonly { readonly name: string }[]) =>
    execBatches(db, `INSERT INTO ${table} (version_no, name, body) SELECT ?2, value ->> 'name', value FROM json_each(?1)`, {
      rows,
      values,
    });
  execBatches(db, "INSERT INTO version_unit (version_no, id, body) SELECT ?2, value ->> 'id', value FROM json_each(?1)", {
    rows: manifest.units.map((unit): PlanUnit => ({ ...unit, location: manifest.location })),
    values,
  });
  execBatches(
    db,
    "INSERT INTO version_check (version_no, asset, name, body) SELECT ?2, value ->> 'asset', value ->> 'name', value FROM json_each(?1)",
    { rows: manifest.checks, values },
  );
  named("version_job", manifest.jobs);
  named("version_schedule", manifest.schedules);
  named("version_sensor", manifest.sensors);
  return inserted;
}

/** `graph` is read for every asset each time the object starts, so it holds only what planning needs. */
function assetParts(asset: ManifestAsset, at: { readonly location: string; readonly position: number }) {
  const { key, unit, group, kinds, owners, tags, deps, partitions, code, configSchema, ...detail } = asset;
  return {
    key,
    position: at.position,
    graph: { key, unit, location: at.location, group, kinds, owners, tags, deps, ...(partitions && { partitions }) },
    detail,
    code: code === undefined ? null : JSON.stringify(code),
    config: configSchema === undefined ? null : JSON.stringify(configSchema),
  };
}

export interface VersionDiff {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
}

/** The most keys in each list of a diff. */
const MAX_DIFF_KEYS = 500;

export function diffVersions(db: Database, from: number, to: number): VersionDiff {
  const keys = (statement: string, ...values: number[]) =>
    db.sql
      .exec<{ key: string }>(`${statement} ORDER BY key LIMIT ${MAX_DIFF_KEYS}`, ...values)
      .toArray()
      .map((row) => row.key);
  const only =
    "SELECT key FROM version_asset AS this WHERE version_no = ?1 AND NOT EXISTS (SELECT 1 FROM version_asset AS other WHERE other.version_no = ?2 AND other.key = this.key)";
  return {
    added: keys(only, to, from),
    removed: keys(only, from, to),
    changed: keys(
      `SELECT this.key AS key FROM version_asset AS this JOIN version_asset AS other ON other.version_no = ?2 AND other.key = this.key
       WHERE this.version_no = ?1 AND (this.graph <> other.graph OR this.detail <> other.detail OR this.code IS NOT other.code OR this.config_schema IS NOT other.config_schema)`,
      to,
      from,
    ),
  };
}

export function saveDiff(db: Database, no: number, diff: VersionDiff): void {
  db.orm.update(version).set({ diff }).where(eq(version.no, no)).run();
}

export function activeVersions(db: Database): VersionRow[] {
  return db.orm
    .select({ version })
    .from(location)
    .innerJoin(version, eq(version.id, location.activeVersion))
    .orderBy(asc(location.name))
    .all()
    .map((row) => row.version);
}

export function unitsOf(db: Database, versionNo: number): PlanUnit[] {
  return db.orm
    .select({ body: versionUnit.body })
    .from(versionUnit)
    .where(eq(versionUnit.versionNo, versionNo))
    .all()
    .map((row) => row.body);
}

export function checksOf(db: Database, versionNo: number) {
  return db.orm
    .select({ body: versionCheck.body })
    .from(versionCheck)
    .where(eq(versionCheck.versionNo, versionNo))
    .all()
    .map((row) => row.body);
}

export function jobsOf(db: Database, versionNo: number) {
  return db.orm
    .select({ body: versionJob.body })
    .from(versionJob)
    .where(eq(versionJob.versionNo, versionNo))
    .all()
    .map((row) => row.body);
}

export function schedulesOf(db: Database, versionNo: number) {
  return db.orm
    .select({ body: versionSchedule.body })
    .from(versionSchedule)
    .where(eq(versionSchedule.versionNo, versionNo))
    .all()
    .map((row) => row.body);
}

export function sensorsOf(db: Database, versionNo: number) {
  return db.orm
    .select({ body: versionSensor.body })
    .from(versionSensor)
    .where(eq(versionSensor.versionNo, versionNo))
    .all()
    .map((row) => row.body);
}
