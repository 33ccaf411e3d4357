/** What can wake a sensor, as its function sees it. */
import type { Metadata } from "@headgate/shared/domain/metadata.ts";

/** The materialization that woke an asset sensor. */
export interface AssetEvent {
  readonly asset: string;
  readonly partition: string | null;
  /** Null: reported from outside. */
  readonly run: string | null;
  readonly at: Date;
  readonly metadata: Metadata;
  readonly dataVersion: string | null;
}

/** The latest materialization of each asset since the sensor fired last. */
export interface AssetsEvent {
  readonly assets: Readonly<Record<string, AssetEvent>>;
}

/** The run whose end woke a run status sensor. */
export interface RunEndEvent {
  readonly run: string;
  readonly job: string | null;
  readonly location: string | null;
  readonly status: "succeeded" | "failed" | "canceled";
  readonly partition: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly message: string | null;
  readonly at: Date;
}

/** The check result that woke a check sensor. */
export interface CheckEvent {
  readonly asset: string;
  readonly check: string;
  readonly outcome: "passed" | "warned" | "failed";
  readonly description: string | null;
  readonly run: string | null;
  readonly partition: string | null;
  readonly at: Date;
  readonly metadata: Metadata;
}

/** The request that woke a webhook sensor. */
export interface WebhookEvent {
  /** The control plane's id of the delivery. */
  readonly delivery: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  /** Parsed when it is JSON, otherwise text. */
  readonly body: unknown;
  readonly at: Date;
}
