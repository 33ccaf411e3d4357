/** External assets: nothing here materializes them, but they have a place in the lineage. */
import { checkOptions, type OptionRules } from "../options/check-options.ts";
import { captureSite, type DefinitionSite } from "../options/definition-site.ts";
import { deprecated, oldCall } from "../options/deprecated.ts";
import type { SourceAsset, SourceAssetOptions } from "./asset-type.ts";

const SOURCE: OptionRules<SourceAssetOptions> = {
  key: "any",
  description: "text",
  group: "text",
  owners: "list",
  tags: "object",
  kinds: "list",
  url: "text",
  metadata: "object",
  columns: "list",
  deps: "any",
  partitions: "object",
  freshness: "object",
};

/**
 * Declares an external asset: data that another system makes, or that consumes ours.
 *
 * @example
 * export const customersRaw = defineSourceAsset({
 *   key: "airbyte/customers",
 *   kinds: ["airbyte"],
 *   url: "https://airbyte.example.com/c/1",
 * });
 */
export function defineSourceAsset<const K extends string>(options: SourceAssetOptions<K>): SourceAsset<K> {
  checkOptions(options, SOURCE, { call: "defineSourceAsset", definer: defineSourceAsset, what: "External asset" });
  return createSourceAsset(options, captureSite(defineSourceAsset));
}

/**
 * The old form of `defineSourceAsset`.
 *
 * @deprecated Write `defineSourceAsset({ key, ... })`.
 * @example
 * defineSourceAsset({ key: "airbyte/customers", kinds: ["airbyte"] });
 */
export function sourceAsset<const K extends string>(key: K, options: Omit<SourceAssetOptions, "key"> = {}): SourceAsset<K> {
  const site = captureSite(sourceAsset);
  deprecated(oldCall("sourceAsset", { site, identity: { key }, options, newName: "defineSourceAsset" }));
  return createSourceAsset({ ...options, key }, site);
}

/** For other functions that declare external assets in the user's name. */
export function createSourceAsset<K extends string>(
  { key, ...options }: SourceAssetOptions<K>,
  site: DefinitionSite | undefined,
): SourceAsset<K> {
  return { kind: "sourceAsset", key, "~definition": { ...options, site } };
}
