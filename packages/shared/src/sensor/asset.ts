/** An asset sensor is woken by materializations: by each of them, or once all of its assets were materialized. */
import { z } from "zod";
import { shortRunId } from "../ids.ts";
import { metadataSchema } from "../manifest/metadata.ts";
import { assetKeySchema } from "../manifest/names.ts";
import { type EventOf, type FieldsOf, partitionSuffix, type SensorEventType, type SensorKind, someOf } from "./sensor-kind.ts";

export const assetFields = () => ({
  /** The watched assets. */
  assets: z.array(assetKeySchema).optional(),
  /** When an asset sensor of several assets fires: at each of them, or once all were updated since it fired last. */
  match: z.enum(["any", "all"]).optional(),
});

export const assetEventSchema = () =>
  z.object({
    type: z.literal("asset"),
    /** Deployment-wide number of the event; grows. */
    seq: z.number().int(),
    asset: z.string(),
    partition: z.string().nullable(),
    /** Null: reported from outside. */
    run: z.string().nullable(),
    at: z.number(),
    metadata: metadataSchema,
    dataVersion: z.string().nullable(),
  });
type AssetEvent = EventOf<typeof assetEventSchema>;

export const assetsEventSchema = () => z.object({ type: z.literal("assets"), events: z.array(assetEventSchema()) });
type AssetsEvent = EventOf<typeof assetsEventSchema>;

/** For a sensor that waits for all of its assets: the latest materialization of each. */
const keyOf = (asset: string) => `asset:${asset}`;

export const assetEvent = {
  sentence: ({ asset, partition, run }) =>
    `${asset}${partition === null ? "" : ` (${partition})`} was ${run === null ? "reported as materialized" : `materialized by run …${shortRunId(run)}`}`,
  detail: ({ asset, partition, run }) =>
    `${asset} was materialized${partitionSuffix(partition)}${run === null ? ", reported externally" : ` by run ${shortRunId(run)}`}`,
  watchedAs: ({ asset }) => [keyOf(asset)],
  shortened: (event) => ({ ...event, metadata: {} }),
  defaults: { seq: 1, partition: null, run: null, metadata: {}, dataVersion: null },
} satisfies SensorEventType<AssetEvent>;

export const assetsEvent = {
  sentence({ events }) {
    const [first, ...others] = events;
    return `all of ${first?.asset ?? "nothing"}${others.length > 0 ? ` and ${others.length} more` : ""} were materialized`;
  },
  detail: ({ events }) => `All of ${events.map(({ asset }) => asset).join(", ")} were materialized`,
  watchedAs: () => [],
  shortened: (event) => ({ ...event, events: event.events.map((one) => ({ ...one, metadata: {} })) }),
  defaults: {},
} satisfies SensorEventType<AssetsEvent>;

export const assetSensor: SensorKind<FieldsOf<typeof assetFields>, AssetEvent | AssetsEvent> = {
  label: "asset sensor",
  watches: ({ assets = [] }) => assets.map(keyOf),
  matches: () => true,
  exampleEvent({ assets = [], match }, at) {
    const example = (asset: string): AssetEvent => ({ ...assetEvent.defaults, type: "asset", seq: 0, asset, at });
    return match === "all" && assets.length > 1 ? { type: "assets", events: assets.map(example) } : example(assets[0] ?? "");
  },
  runsWhen({ assets = [], match }) {
    if (assets.length < 2) return `when ${assets[0] ?? "its asset"} is materialized`;
    return match === "all" ? `when all of ${someOf(assets)} are materialized` : `when any of ${someOf(assets)} is materialized`;
  },
};
