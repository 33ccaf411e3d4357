/** Finds the sensors that watch an event, through an index that is made once per catalog. */
import { watchedAs } from "@headgate/shared/sensor/sensor-event.ts";
import { isMeantFor, type WakingEvent, watchKeys } from "@headgate/shared/sensor/sensor-kinds.ts";
import type { ManifestSensor } from "@headgate/shared/manifest/schema.ts";
import type { Catalog, Located } from "../catalog/catalog.ts";

type Sensor = Located<ManifestSensor>;

const indexes = new WeakMap<Catalog, ReadonlyMap<string, readonly Sensor[]>>();

function indexOf(catalog: Catalog): ReadonlyMap<string, readonly Sensor[]> {
  const known = indexes.get(catalog);
  if (known) return known;
  const index = new Map<string, Sensor[]>();
  for (const sensor of catalog.sensors) {
    for (const key of new Set(watchKeys(sensor))) {
      const watchers = index.get(key) ?? [];
      watchers.push(sensor);
      index.set(key, watchers);
    }
  }
  indexes.set(catalog, index);
  return index;
}

/** Each sensor once, in the order of the definitions of each key. */
export function sensorsWatching(catalog: Catalog, waking: WakingEvent): readonly Sensor[] {
  const index = indexOf(catalog);
  const found = new Set(watchedAs(waking.event).flatMap((key) => index.get(key) ?? []));
  return [...found].filter((sensor) => isMeantFor(sensor, waking));
}
