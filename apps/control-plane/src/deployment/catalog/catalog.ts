/** The active definitions in the form that planning uses: a cache that is rebuilt after a restart or an activation. */
import { type AssetGraph, buildAssetGraph } from "@headgate/shared/domain/asset-graph.ts";
import type { PlanUnit } from "@headgate/shared/domain/run/plan-types.ts";
import type { ManifestCheck, ManifestJob, ManifestSchedule, ManifestSensor } from "@headgate/shared/manifest/schema.ts";
import { type DeploymentPartitions, partitionContext } from "../partitions/partition-context.ts";
import type { Database } from "../kernel/database.ts";
import { databaseCache } from "../kernel/database.ts";
import { definitionsHash } from "./definitions-hash.ts";
import { graphAssetsOf } from "./definition-store.ts";
import type { LocationSwitch } from "@headgate/shared/domain/automation/starts-on.ts";
import { activeVersions, checksOf, jobsOf, readLocations, schedulesOf, sensorsOf, unitsOf, type VersionRow } from "./version-store.ts";

export type Located<T> = T & { readonly location: string };

export interface Catalog {
  /** Identifies the definitions document. */
  readonly hash: string;
  readonly versions: readonly VersionRow[];
  /** The active version by location name. */
  readonly versionOf: ReadonlyMap<string, VersionRow>;
  readonly graph: AssetGraph;
  readonly units: readonly PlanUnit[];
  readonly checks: readonly Located<ManifestCheck>[];
  readonly checksByAsset: ReadonlyMap<string, readonly Located<ManifestCheck>[]>;
  readonly jobs: readonly Located<ManifestJob>[];
  readonly schedules: readonly Located<ManifestSchedule>[];
  readonly sensors: readonly Located<ManifestSensor>[];
  /** Slots per pool; the smallest number if locations disagree. */
  readonly pools: ReadonlyMap<string, number>;
  /** Opens partitions with the dynamic keys of this deployment. */
  readonly partitions: (now: number) => DeploymentPartitions;
}

// No version is activated inside a savepoint, so a rollback to one keeps the cache: loading ten thousand assets again would be slow.
const catalogs = databaseCache("transaction", loadCatalog);

/** The active definitions, including changes of this transaction. */
export function catalogOf({ db }: { readonly db: Database }): Catalog {
  return catalogs.of(db);
}

/** Call after an activation: the next reader loads the catalog again. */
export function definitionsChanged(db: Database): void {
  catalogs.forget(db);
  switches.forget(db);
}

/** Kept apart from the definitions, because a switch does not change them. */
const switches = databaseCache("transaction", (db): ReadonlyMap<string, LocationSwitch> => {
  return new Map(readLocations(db).map((row) => [row.name, row.switch]));
});

/** The switch of a code location, including changes of this transaction. */
export function switchOf({ db }: { readonly db: Database }, location: string): LocationSwitch {
  return switches.of(db).get(location) ?? "new";
}

/** Call after a location was added or switched. */
export function switchesChanged(db: Database): void {
  switches.forget(db);
}

function loadCatalog(db: Database): Catalog {
  const versions = activeVersions(db);
  const each = <T>(read: (db: Database, no: number) => T[]): Located<T>[] =>
    versions.flatMap((version) => read(db, version.no).map((entry) => ({ ...entry, location: version.location })));
  const checks = each(checksOf);
  return {
    hash: definitionsHash(versions),
    versions,
    versionOf: new Map(versions.map((version) => [version.location, version])),
    graph: buildAssetGraph(versions.flatMap((version) => graphAssetsOf(db, version.no))),
    units: each(unitsOf),
    checks,
    checksByAsset: Map.groupBy(checks, (check) => check.asset),
    jobs: each(jobsOf),
    schedules: each(schedulesOf),
    sensors: each(sensorsOf),
    pools: mergePools(versions),
    partitions: (now) => partitionContext(db, now),
  };
}

function mergePools(versions: readonly VersionRow[]): Map<string, number> {
  const pools = new Map<string, number>();
  for (const version of versions) {
    for (const [name, slots] of Object.entries(version.pools)) pools.set(name, Math.min(slots, pools.get(name) ?? Infinity));
  }
  return pools;
}
