/** Sensors on assets and their checks. Everything that this file exports is public. */
import { checkId, parseCheckId } from "@headgate/shared/domain/asset-check.ts";
import type { Metadata } from "@headgate/shared/domain/metadata.ts";
import type { AnyAsset, SourceAsset } from "../../definitions/asset-type.ts";
import type { AssetCheck } from "../../definitions/check.ts";
import type { AnyResource } from "../../definitions/resource.ts";
import { checkOptions, type OptionRules } from "../../options/check-options.ts";
import { captureSite } from "../../options/definition-site.ts";
import type { Requests } from "../tick-request.ts";
import { type CommonOptions, createSensor, keyOf, SENSOR, type Sensor, type SensorContext, type SensorSurroundings } from "./sensor.ts";

/** The materialization that woke an asset sensor. */
export interface AssetEvent {
  /** Key of the asset. */
  readonly asset: string;
  /** Key of the partition; null when the asset has no partitions. */
  readonly partition: string | null;
  /** Null: reported from outside. */
  readonly run: string | null;
  /** When it was materialized. */
  readonly at: Date;
  /** Metadata of the materialization. */
  readonly metadata: Metadata;
  /** Identifies the data's content; null when none was reported. */
  readonly dataVersion: string | null;
}

/** The latest materialization of each asset since the sensor fired last. */
export interface AssetsEvent {
  /** By asset key. */
  readonly assets: Readonly<Record<string, AssetEvent>>;
}

/** The check result that woke a check sensor. */
export interface CheckEvent {
  /** Key of the checked asset. */
  readonly asset: string;
  /** Name of the check. */
  readonly check: string;
  /** `warned`: it failed with severity `warn`. */
  readonly outcome: "passed" | "warned" | "failed";
  /** What the check said about its result. */
  readonly description: string | null;
  /** Id of the run that evaluated it; null when it was reported from outside. */
  readonly run: string | null;
  /** Key of the checked partition; null when there is none. */
  readonly partition: string | null;
  /** When it was evaluated. */
  readonly at: Date;
  /** Metadata of the result. */
  readonly metadata: Metadata;
}

/** Options of `defineAssetSensor`. */
export interface AssetSensorOptions<R extends readonly AnyResource[]> extends CommonOptions<R> {
  /** The assets to watch, or their keys; assets of other code locations too. */
  readonly assets: readonly (AnyAsset | SourceAsset | string)[];
  /** Decides at each materialization. Default: each one asks for a run of `job`. */
  evaluate?(context: SensorContext<R, AssetEvent>): Requests;
}
/** Options of `defineMultiAssetSensor`. */
export interface MultiAssetSensorOptions<R extends readonly AnyResource[]> extends CommonOptions<R> {
  /** The assets that must all be materialized, or their keys. */
  readonly assets: readonly (AnyAsset | SourceAsset | string)[];
  /** Decides once all assets were materialized. Default: that asks for a run of `job`. */
  evaluate?(context: SensorContext<R, AssetsEvent>): Requests;
}
/** Options of `defineCheckSensor`. */
export interface CheckSensorOptions<R extends readonly AnyResource[]> extends CommonOptions<R> {
  /** Checks, or assets and asset keys for all of their checks. */
  readonly checks: readonly (AssetCheck | AnyAsset | SourceAsset | string)[];
  /** Default: `failed` and `warned`. */
  readonly outcomes?: readonly CheckEvent["outcome"][] | undefined;
  /** Decides at each result. Default: each one asks for a run of `job`. */
  evaluate?(context: SensorContext<R, CheckEvent>): Requests;
}

const ASSET_SENSOR: OptionRules<AssetSensorOptions<[]>> = { ...SENSOR, assets: "list", evaluate: "function" };
const CHECK_SENSOR: OptionRules<CheckSensorOptions<[]>> = { ...SENSOR, checks: "list", outcomes: "list", evaluate: "function" };

/**
 * Defines a sensor that fires when one of some assets is materialized.
 *
 * @example
 * export const onCustomers = defineAssetSensor({ name: "on_customers", assets: [stgCustomers], job: customerPipeline });
 */
export function defineAssetSensor<const R extends readonly AnyResource[] = []>(options: AssetSensorOptions<R>): Sensor {
  checkOptions(options, ASSET_SENSOR, { call: "defineAssetSensor", definer: defineAssetSensor, what: "Sensor", needs: ["name", "assets"] });
  const { assets, problems } = watchedAssets(options.assets);
  return createSensor<R, "asset">(options, { type: "asset", fields: { assets }, problems, site: captureSite(defineAssetSensor) });
}

/**
 * Defines a sensor that fires when all of its assets were materialized since it fired last.
 *
 * @example
 * export const bothReady = defineMultiAssetSensor({ name: "both_ready", assets: [stgOrders, stgCustomers], job: goldRefresh });
 */
export function defineMultiAssetSensor<const R extends readonly AnyResource[] = []>(options: MultiAssetSensorOptions<R>): Sensor {
  checkOptions(options, ASSET_SENSOR, {
    call: "defineMultiAssetSensor",
    definer: defineMultiAssetSensor,
    what: "Sensor",
    needs: ["name", "assets"],
  });
  const { assets, problems } = watchedAssets(options.assets);
  const fields = { assets, match: "all" } as const;
  return createSensor<R, "assets">(options, { type: "asset", fields, problems, site: captureSite(defineMultiAssetSensor) });
}

/**
 * Defines a sensor that fires when a check was evaluated.
 *
 * @example
 * export const onBadData = defineCheckSensor({ name: "on_bad_data", checks: [dimCustomer], job: quarantine });
 */
export function defineCheckSensor<const R extends readonly AnyResource[] = []>(options: CheckSensorOptions<R>): Sensor {
  checkOptions(options, CHECK_SENSOR, { call: "defineCheckSensor", definer: defineCheckSensor, what: "Sensor", needs: ["name", "checks"] });
  const checks = options.checks.map((check) =>
    typeof check === "object" && check.kind === "assetCheck" ? checkId({ asset: check.asset, name: check.name }) : keyOf(check),
  );
  return createSensor<R, "check">(options, {
    type: "check",
    fields: { checks, checkOutcomes: options.outcomes?.slice() ?? ["failed", "warned"] },
    problems: (around) => (checks.length === 0 ? ["it watches no check."] : unknownChecks(checks, around)),
    site: captureSite(defineCheckSensor),
  });
}

function watchedAssets(given: readonly (AnyAsset | SourceAsset | string)[]): { readonly assets: string[]; problems(): readonly string[] } {
  const assets = given.map(keyOf);
  return { assets, problems: () => (assets.length === 0 ? ["it watches no asset."] : []) };
}

/** Assets of other code locations are not known here. */
function unknownChecks(checks: readonly string[], around: SensorSurroundings): string[] {
  const assets = new Set(around.assets.map(({ key }) => key));
  const ids = new Set(around.checks.map(checkId));
  return checks.flatMap((id) => {
    const parsed = parseCheckId(id);
    if (!parsed || !assets.has(parsed.asset) || ids.has(id)) return [];
    const names = around.checks.filter(({ asset }) => asset === parsed.asset).map(({ name }) => name);
    return `asset "${parsed.asset}" has no check "${parsed.name}"${names.length > 0 ? `, only ${names.join(", ")}` : ""}.`;
  });
}
