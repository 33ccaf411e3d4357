/** What can wake a sensor, as its function sees it. */
import type { Metadata } from "@headgate/shared/domain/metadata.ts";

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

/** The run whose end woke a run status sensor. */
export interface RunEndEvent {
  /** Id of the run. */
  readonly run: string;
  /** Name of its job; null when it had none. */
  readonly job: string | null;
  /** Its code location, where it has one. */
  readonly location: string | null;
  /** How it ended. */
  readonly status: "succeeded" | "failed" | "canceled";
  /** Key of its partition, or `first...last`; null when it had none. */
  readonly partition: string | null;
  /** Tags of the run. */
  readonly tags: Readonly<Record<string, string>>;
  /** Why it failed; null when it did not. */
  readonly message: string | null;
  /** When it ended. */
  readonly at: Date;
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

/** The request that woke a webhook sensor. */
export interface WebhookEvent {
  /** The control plane's id of the delivery. */
  readonly delivery: string;
  /** `POST`, `PUT`, ... */
  readonly method: string;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** Parameters of the address, by name. */
  readonly query: Readonly<Record<string, string>>;
  /** Parsed when it is JSON, otherwise text. */
  readonly body: unknown;
  /** When the delivery arrived. */
  readonly at: Date;
}

/** All events that a sensor's function can receive. */
export type UserEvent = AssetEvent | AssetsEvent | RunEndEvent | CheckEvent | WebhookEvent;
