/** What a sensor may ask for besides runs: partition keys that come and go, and events of assets that something else makes. */
import type { MetadataRecord } from "../values/metadata.ts";
import type { RunRequest, Skip } from "./run-request.ts";

/** Made by `addPartitions()` and `removePartitions()`. */
export interface DynamicPartitionsRequest {
  readonly kind: "dynamicPartitions";
  /** Name of the set of partitions. */
  readonly name: string;
  /** Keys to add. */
  readonly add: readonly string[];
  /** Keys to remove. */
  readonly remove: readonly string[];
}

/**
 * Adds keys to a set of dynamic partitions; keys that it has already are left as they are.
 *
 * @example
 * yield addPartitions("customers", ["acme"]);
 * yield runRequest({ partition: "acme", runKey: "acme" });
 */
export function addPartitions(name: string, keys: readonly string[]): DynamicPartitionsRequest {
  return { kind: "dynamicPartitions", name, add: keys, remove: [] };
}

/**
 * Removes keys from a set of dynamic partitions. What was materialized for them stays in the assets' history.
 *
 * @example
 * yield removePartitions("customers", ["acme"]);
 */
export function removePartitions(name: string, keys: readonly string[]): DynamicPartitionsRequest {
  return { kind: "dynamicPartitions", name, add: [], remove: keys };
}

/** Options of `reportMaterialization` and `reportObservation`. */
export interface AssetReportOptions {
  /** Key of the partition. Default: none. */
  readonly partition?: string | undefined;
  /** Facts about the data, shown in the dashboard. */
  readonly metadata?: MetadataRecord | undefined;
  /** Identifies the data's content; equal versions mean that nothing changed. */
  readonly dataVersion?: string | undefined;
}
/** Made by `reportMaterialization()` and `reportObservation()`. */
export interface AssetReport extends AssetReportOptions {
  readonly kind: "assetReport";
  /** Whether the asset was made or only observed. */
  readonly type: "materialized" | "observed";
  /** Key of the asset. */
  readonly asset: string;
}

/**
 * Reports that another system made an asset: it appears in its history, wakes its sensors and counts for conditions of downstream assets.
 *
 * @example
 * yield reportMaterialization("airbyte/customers", { metadata: { row_count: 1200 } });
 */
export function reportMaterialization(asset: string | { readonly key: string }, options: AssetReportOptions = {}): AssetReport {
  return { kind: "assetReport", type: "materialized", asset: typeof asset === "string" ? asset : asset.key, ...options };
}

/**
 * Reports what was observed of an asset that another system makes.
 *
 * @example
 * yield reportObservation("raw/orders", { dataVersion: etag });
 */
export function reportObservation(asset: string | { readonly key: string }, options: AssetReportOptions = {}): AssetReport {
  return { kind: "assetReport", type: "observed", asset: typeof asset === "string" ? asset : asset.key, ...options };
}

/** One thing that a schedule or sensor asks for. */
export type TickItem = RunRequest | Skip | DynamicPartitionsRequest | AssetReport;

/** One request, several, or an async generator of them; nothing means: skip. */
export type Requests =
  | TickItem
  | readonly TickItem[]
  | void
  | Promise<TickItem | readonly TickItem[] | void>
  | AsyncGenerator<TickItem, void>;
