/** External assets: nothing here materializes them, but they have a place in the lineage. */
import type { FreshnessPolicy } from "../options/automation.ts";
import { captureSite, type DefinitionSite } from "../options/definition-site.ts";
import { deprecated, oldCall } from "../options/deprecated.ts";
import type { Dep } from "./input.ts";
import type { MetadataRecord, TableColumn } from "../values/metadata.ts";
import type { Partitions } from "../options/partitions.ts";

/** Options of `defineSourceAsset`. */
export interface SourceAssetOptions<K extends string = string> {
  /** Segments joined with '/': `airbyte/customers`. Unique in the code location. */
  readonly key: K;
  readonly description?: string | undefined;
  readonly group?: string | undefined;
  readonly owners?: readonly string[] | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /** What it is made of, shown as icons: `airbyte`, `s3`, `tableau`... */
  readonly kinds?: readonly string[] | undefined;
  /** Where a person finds it. */
  readonly url?: string | undefined;
  readonly metadata?: MetadataRecord | undefined;
  readonly columns?: readonly TableColumn[] | undefined;
  /** Upstream assets, e.g. the tables behind a dashboard. */
  readonly deps?: readonly Dep[] | undefined;
  readonly partitions?: Partitions | undefined;
  /** How old its last reported materialization may be. */
  readonly freshness?: FreshnessPolicy | undefined;
}

/** Made by `defineSourceAsset()`. */
export interface SourceAsset<K extends string = string> {
  readonly kind: "sourceAsset";
  readonly key: K;
  readonly "~definition": Omit<SourceAssetOptions, "key"> & { readonly site: DefinitionSite | undefined };
}

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
