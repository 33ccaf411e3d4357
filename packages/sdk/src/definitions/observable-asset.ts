/** Assets that another system makes and that a function here observes. */
import { ASSET, assetFromOptions, type AssetOptions } from "./asset.ts";
import type { Asset } from "./asset-type.ts";
import { checkOptions } from "../options/check-options.ts";
import { captureSite } from "../options/definition-site.ts";
import type { NoInputs } from "./input.ts";
import type { Partitions } from "../options/partitions.ts";
import type { AnyResource } from "./resource.ts";
import type { Observation } from "../values/result.ts";

const { inputs: _inputs, config: _config, ioManager: _ioManager, backfill: _backfill, ...OBSERVABLE } = ASSET;

type Answer = Observation | string;

/** Options of `defineObservableAsset`. */
export interface ObservableAssetOptions<K extends string, R extends readonly AnyResource[], P extends Partitions | undefined> extends Omit<
  AssetOptions<K, R, NoInputs, P, undefined, Answer | Promise<Answer>, undefined>,
  "inputs" | "config" | "ioManager" | "backfill"
> {}

/**
 * Defines an asset that another system makes. Its function observes it and returns its data version, or an `observation`. Downstream assets
 * can react when the version changes.
 *
 * @example
 * export const ordersCsv = defineObservableAsset({
 *   key: "raw/orders",
 *   automation: automation.cronTickPassed("*\/10 * * * *"),
 *   run: async () => observation({ dataVersion: await etagOf("orders.csv") }),
 * });
 */
export function defineObservableAsset<
  const K extends string,
  const R extends readonly AnyResource[] = [],
  P extends Partitions | undefined = undefined,
>(options: ObservableAssetOptions<K, R, P>): Asset<K, undefined, P> {
  checkOptions(options, OBSERVABLE, { call: "defineObservableAsset", definer: defineObservableAsset, what: "Observable asset" });
  const asset = assetFromOptions<K, R, NoInputs, P, undefined, unknown, undefined>(options, captureSite(defineObservableAsset));
  return { ...asset, "~definition": { ...asset["~definition"], observable: true } } as Asset<K, undefined, P>;
}
