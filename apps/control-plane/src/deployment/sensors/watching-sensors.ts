/** Which sensors watch what? Made once for each set of active definitions. */
import type { ManifestSensor } from "@headgate/shared/manifest/schema.ts";
import type { SensorEvent } from "@headgate/shared/protocol/sensor-event.ts";
import type { Catalog, Located } from "../catalog/catalog.ts";

type Sensor = Located<ManifestSensor>;

interface Watchers {
  readonly byAsset: ReadonlyMap<string, readonly Sensor[]>;
  /** By asset, and by check id. */
  readonly byCheck: ReadonlyMap<string, readonly Sensor[]>;
  readonly ofRuns: readonly Sensor[];
}

const made = new WeakMap<Catalog, Watchers>();

function watchersOf(catalog: Catalog): Watchers {
  const known = made.get(catalog);
  if (known) return known;
  const byAsset = new Map<string, Sensor[]>();
  const byCheck = new Map<string, Sensor[]>();
  const add = (map: Map<string, Sensor[]>, key: string, sensor: Sensor) => {
    const list = map.get(key) ?? [];
    list.push(sensor);
    map.set(key, list);
  };
  for (const sensor of catalog.sensors) {
    if (sensor.kind === "asset") for (const asset of new Set(sensor.assets)) add(byAsset, asset, sensor);
    if (sensor.kind === "check") for (const id of new Set(sensor.checks)) add(byCheck, id, sensor);
  }
  const watchers: Watchers = { byAsset, byCheck, ofRuns: catalog.sensors.filter((sensor) => sensor.kind === "run_status") };
  made.set(catalog, watchers);
  return watchers;
}

export function sensorsOfAsset(catalog: Catalog, asset: string): readonly Sensor[] {
  return watchersOf(catalog).byAsset.get(asset) ?? [];
}

export function sensorsOfCheck(catalog: Catalog, event: Extract<SensorEvent, { type: "check" }>): readonly Sensor[] {
  const { byCheck } = watchersOf(catalog);
  const found = new Set([...(byCheck.get(`${event.asset}:${event.check}`) ?? []), ...(byCheck.get(event.asset) ?? [])]);
  return [...found].filter((sensor) => sensor.checkOutcomes === undefined || sensor.checkOutcomes.includes(event.outcome));
}

/** Of a run that ended. `locations`: those whose steps it had. */
export function sensorsOfRun(
  catalog: Catalog,
  run: Pick<Extract<SensorEvent, { type: "run" }>, "status" | "job" | "location"> & { readonly locations: readonly string[] },
): readonly Sensor[] {
  return watchersOf(catalog).ofRuns.filter((sensor) => {
    if (sensor.runStatuses !== undefined && !sensor.runStatuses.includes(run.status)) return false;
    const isOwn = run.location === sensor.location || (run.location === null && run.locations.includes(sensor.location));
    if (!isOwn && sensor.allLocations !== true) return false;
    return sensor.jobs === undefined || (run.job !== null && sensor.jobs.includes(run.job));
  });
}
