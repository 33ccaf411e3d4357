/** Shared options of a family of assets. */
import { ASSET, assetFromOptions, type defineAsset } from "./asset.ts";
import type { AssetDescription, ExecutionOptions } from "./asset-type.ts";
import { checkOptions } from "../options/check-options.ts";
import { captureSite } from "../options/definition-site.ts";

/** Options that a family of assets shares; see `withDefaults`. */
export type AssetDefaults = Pick<AssetDescription, "group" | "owners" | "tags" | "kinds" | "ioManager" | "metadata" | "codeVersion"> &
  ExecutionOptions;

/**
 * A `defineAsset` with defaults; an asset's own options win, tags and metadata are merged.
 *
 * @example
 * const bronzeAsset = withDefaults({ group: "bronze", retry: { maxRetries: 3, backoff: "exponential" } });
 * export const events = bronzeAsset({ key: "bronze/events", run: () => loadEvents() });
 */
export function withDefaults(defaults: AssetDefaults): typeof defineAsset {
  checkOptions(defaults, ASSET, { call: "withDefaults", definer: withDefaults, what: "withDefaults" });
  const define: typeof defineAsset = (options) => {
    checkOptions(options, ASSET, { call: "defineAsset", definer: define, what: "Asset" });
    return assetFromOptions(
      { ...defaults, ...options, tags: { ...defaults.tags, ...options.tags }, metadata: { ...defaults.metadata, ...options.metadata } },
      captureSite(define),
    );
  };
  return define;
}
