/** An asset sensor is woken by materializations: by each of them, or once all of its assets were materialized. */
import { shortRunId } from "../ids.ts";
import type { AssetEvent, AssetsEvent } from "./event-schema.ts";
import { partitionSuffix, type SensorEventType, type SensorKind, someOf } from "./sensor-kind.ts";

/** For a sensor that waits for all of its assets: the latest materialization of each. */
const keyOf = (asset: string) => `asset:${asset}`;

export const assetEvent: SensorEventType<AssetEvent> = {
  sentence: ({ asset, partition, run }) =>
    `${asset}${partition === null ? "" : ` (${partition})`} was ${run === null ? "reported as materialized" : `materialized by run …${shortRunId(run)}`}`,
  detail: ({ asset, partition, run }) =>
    `${asset} was materialized${partitionSuffix(partition)}${run === null ? ", reported externally" : ` by run ${shortRunId(run)}`}`,
  watchedAs: ({ asset }) => [keyOf(asset)],
  shortened: (event) => ({ ...event, metadata: {} }),
};

export const assetsEvent: SensorEventType<AssetsEvent> = {
  sentence({ events }) {
    const [first, ...others] = events;
    return `all of ${first?.asset ?? "nothing"}${others.length > 0 ? ` and ${others.length} more` : ""} were materialized`;
  },
  detail: ({ events }) => `All of ${events.map(({ asset }) => asset).join(", ")} were materialized`,
  watchedAs: () => [],
  shortened: (event) => ({ ...event, events: event.events.map((one) => ({ ...one, metadata: {} })) }),
};

export const assetSensor: SensorKind<AssetEvent | AssetsEvent> = {
  label: "asset sensor",
  watches: ({ assets = [] }) => assets.map(keyOf),
  matches: () => true,
  exampleEvent(sensor, at) {
    const { assets = [], match } = sensor;
    const example = (asset: string): AssetEvent => ({
      type: "asset",
      seq: 0,
      asset,
      partition: null,
      run: null,
      at,
      metadata: {},
      dataVersion: null,
    });
    return match === "all" && assets.length > 1 ? { type: "assets", events: assets.map(example) } : example(assets[0] ?? "");
  },
  runsWhen({ assets = [], match }) {
    if (assets.length < 2) return `when ${assets[0] ?? "its asset"} is materialized`;
    return match === "all" ? `when all of ${someOf(assets)} are materialized` : `when any of ${someOf(assets)} is materialized`;
  },
};
