/** External assets: nothing here materializes them, but they have a place in the lineage. */
import type { FreshnessPolicy } from "./automation.ts";
import { captureSite, type DefinitionSite } from "./definition-site.ts";
import type { Dep } from "./input.ts";
import type { MetadataRecord, TableColumn } from "./metadata.ts";
import type { Partitions } from "./partitions.ts";

export interface SourceAssetOptions {
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

/** Made by `sourceAsset()`. */
export interface SourceAsset<K extends string = string> {
  readonly kind: "sourceAsset";
  readonly key: K;
  readonly "~definition": SourceAssetOptions & { readonly site: DefinitionSite | undefined };
}

/**
 * Declares an external asset: data that another system makes, or that consumes ours.
 *
 * @example
 * export const customersRaw = sourceAsset("airbyte/customers", { kinds: ["airbyte"], url: "https://airbyte.example.com/c/1" });
 */
export function sourceAsset<const K extends string>(key: K, options: SourceAssetOptions = {}): SourceAsset<K> {
  return { kind: "sourceAsset", key, "~definition": { ...options, site: captureSite(sourceAsset) } };
}
