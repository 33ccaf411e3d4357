/**
 * What the control plane shows: the shapes of answers and of live changes. Types only, no schema: the control plane makes them, and
 * dashboards, CLI and client trust what came over their own authenticated connection of the same release.
 * Times are milliseconds since the epoch by the control plane's clock.
 */
import type { Metadata } from "../domain/metadata.ts";
import type { PartitionsDefinition } from "../domain/partitions/definition.ts";
import type { PartitionStatus } from "../domain/partitions/status.ts";
import type { FreshnessState } from "../domain/health/freshness.ts";
import type { CheckSeverity, RunEvent } from "../domain/run/event.ts";
import type { Failure } from "../domain/run/failure.ts";
import type { RunStatus, StepStatus } from "../domain/run/status.ts";
import type { LoadError, ManifestAsset, ManifestCheck, ManifestJob, ManifestSchedule, ManifestSensor } from "../manifest/schema.ts";

export interface Page<T> {
  readonly items: readonly T[];
  /** Give it back as `cursor` for the next page; null at the end. */
  readonly next: string | null;
}

// ------------------------------------------------------------------ definitions (immutable, cached for ever under their hash)
export interface DefinitionsAsset extends ManifestAsset {
  /** Empty for an external asset that is only mentioned as a dependency. */
  readonly location: string;
  readonly checks: readonly ManifestCheck[];
  /** Position of the node's upper left corner in the lineage layout. */
  readonly x: number;
  readonly y: number;
  /** Longest path from a root; the map's lane. */
  readonly level: number;
}
export interface DefinitionsDocument {
  readonly hash: string;
  readonly locations: readonly { readonly name: string; readonly version: string }[];
  /** Sorted by key. `code` and `configSchema` are left out here; `assets.get` has them. */
  readonly assets: readonly Omit<DefinitionsAsset, "code" | "configSchema">[];
  readonly jobs: readonly (ManifestJob & { readonly location: string; readonly assetCount: number })[];
  readonly schedules: readonly (ManifestSchedule & { readonly location: string })[];
  readonly sensors: readonly (ManifestSensor & { readonly location: string })[];
  readonly layout: { readonly width: number; readonly height: number; readonly nodeWidth: number; readonly nodeHeight: number };
}

// ------------------------------------------------------------------ assets
export type AssetHealth = "healthy" | "warning" | "failed" | "unknown";
/** Live state of one asset. */
export interface AssetState {
  readonly key: string;
  readonly health: AssetHealth;
  /** The latest materialization that succeeded, or was reported from outside (without run and step); null: never. */
  readonly materialized: {
    readonly at: number;
    readonly run: string | null;
    readonly step: string | null;
    readonly partition: string | null;
    readonly durationMs: number | null;
    readonly rowCount: number | null;
    readonly codeVersion: string | null;
  } | null;
  /** When it was looked at last; absent: never. */
  readonly observedAt?: number | undefined;
  /** Set when the latest attempt failed, cleared by the next materialization. */
  readonly failed: {
    readonly at: number;
    readonly run: string;
    readonly step: string;
    readonly message: string;
    readonly partition: string | null;
  } | null;
  /** Set while a run is going to or is about to materialize it. */
  readonly inProgress: { readonly run: string; readonly status: "queued" | "running" } | null;
  readonly checks: { readonly passed: number; readonly warned: number; readonly failed: number; readonly unknown: number };
  /** Of partitioned assets. */
  readonly partitions: { readonly total: number; readonly materialized: number; readonly failed: number } | null;
  /** Of assets with a freshness policy. */
  readonly freshness: { readonly state: FreshnessState; readonly since: number | null; readonly changesAt: number | null } | null;
}
export interface AssetDetail {
  readonly asset: DefinitionsAsset;
  readonly state: AssetState;
  /** Of the latest materialization. */
  readonly metadata: Metadata;
  readonly latestEventSeq: number | null;
}
export interface AssetEventRow {
  /** Deployment-wide sequence number. */
  readonly seq: number;
  readonly at: number;
  readonly type: "asset_materialized" | "asset_observed" | "asset_failed" | "check_evaluated" | "freshness_changed";
  /** Null: reported from outside, by `reportedBy`, or of no run at all. */
  readonly run: string | null;
  readonly step: string | null;
  readonly reportedBy: string | null;
  readonly partition: string | null;
  readonly metadata: Metadata;
  readonly durationMs: number | null;
  readonly failure: Failure | null;
  readonly check: CheckResultView | null;
  /** Of a change of freshness. */
  readonly freshness: { readonly from: FreshnessState; readonly to: FreshnessState } | null;
}
export interface CheckResultView {
  readonly asset: string;
  readonly check: string;
  readonly at: number;
  /** Null: reported from outside. */
  readonly run: string | null;
  readonly step: string | null;
  readonly passed: boolean;
  readonly severity: CheckSeverity;
  readonly description: string | null;
  readonly metadata: Metadata;
  readonly partition: string | null;
}
export interface AssetCheckView extends ManifestCheck {
  readonly latest: CheckResultView | null;
}
export interface MetadataSeries {
  readonly name: string;
  readonly points: readonly {
    readonly at: number;
    readonly value: number;
    readonly run: string | null;
    readonly partition: string | null;
  }[];
}
export interface PartitionStatusView {
  readonly definition: PartitionsDefinition;
  readonly total: number;
  readonly materialized: number;
  readonly failed: number;
  readonly inProgress: number;
  /** One page of keys, newest first for time windows. */
  readonly items: readonly {
    readonly key: string;
    readonly start: number | null;
    readonly end: number | null;
    readonly status: PartitionStatus;
    readonly run: string | null;
    readonly at: number | null;
    readonly message: string | null;
  }[];
  readonly next: string | null;
}

// ------------------------------------------------------------------ runs
/** Who or what asked for a run. */
export type RunTrigger =
  | { readonly type: "person"; readonly user: string }
  | { readonly type: "token"; readonly name: string }
  | { readonly type: "schedule"; readonly name: string; readonly location: string; readonly tick: string }
  /** `event`: what woke the sensor, as a sentence. */
  | {
      readonly type: "sensor";
      readonly name: string;
      readonly location: string;
      readonly tick: string;
      readonly event?: string | undefined;
    }
  /** An automation condition of these assets and checks became true; at most the first 20 are listed. */
  | { readonly type: "condition"; readonly targets: readonly string[]; readonly evaluation: string }
  | { readonly type: "backfill"; readonly backfill: string; readonly by: string }
  /** The job's policy, or the deployment's, makes a failed run again. `attempt` counts from 1. */
  | { readonly type: "retry"; readonly parent: string; readonly attempt: number; readonly of: number }
  | { readonly type: "reexecution"; readonly parent: string; readonly mode: "all" | "from_failure" | "selected"; readonly by: string }
  | { readonly type: "system"; readonly reason: string };

/** What a queued run or a pending step waits for, as a sentence and as data. */
export interface WaitingReason {
  readonly kind: "no_agent" | "slots" | "pool" | "run_limit" | "tag_limit" | "upstream" | "retry";
  readonly message: string;
}
export interface RunSummary {
  readonly id: string;
  readonly status: RunStatus;
  readonly job: string | null;
  readonly selection: string;
  readonly partition: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly trigger: RunTrigger;
  readonly parent: string | null;
  /** The backfill that it belongs to. */
  readonly backfill: string | null;
  readonly priority: number;
  /** When the run policy makes it again. */
  readonly retryAt: number | null;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly assetCount: number;
  readonly steps: {
    readonly total: number;
    readonly succeeded: number;
    readonly failed: number;
    readonly skipped: number;
    readonly running: number;
    readonly canceled: number;
  };
  /** Materializations recorded so far, of `assetCount`. */
  readonly materialized: number;
  /** First sentence of the first failure. */
  readonly error: string | null;
  readonly checksFailed: number;
  readonly checksWarned: number;
  readonly waiting: WaitingReason | null;
  /** Highest event sequence within the run. */
  readonly lastSeq: number;
}
export interface StepView {
  readonly run: string;
  readonly key: string;
  readonly location: string;
  readonly unit: string;
  readonly kind: "asset" | "multi" | "dbt" | "check";
  readonly status: StepStatus;
  readonly assets: readonly string[];
  readonly checks: readonly string[];
  readonly partition: string | null;
  readonly deps: readonly string[];
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly agent: string | null;
  readonly readyAt: number | null;
  readonly assignedAt: number | null;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly retryAt: number | null;
  readonly failure: Failure | null;
  readonly waiting: WaitingReason | null;
}
/** One bar of the timeline inside a step of several assets (a dbt model). */
export interface StepAssetView {
  readonly run: string;
  readonly step: string;
  readonly asset: string;
  readonly status: "running" | "succeeded" | "failed" | "skipped";
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly rowCount: number | null;
  readonly message: string | null;
}
export interface RunDetail {
  readonly run: RunSummary;
  readonly steps: readonly StepView[];
  readonly stepAssets: readonly StepAssetView[];
  readonly failure: Failure | null;
  readonly failedStep: string | null;
  readonly config?: unknown;
  readonly versions: readonly { readonly location: string; readonly version: string; readonly number: number }[];
  readonly children: readonly { readonly id: string; readonly status: RunStatus; readonly createdAt: number }[];
}
export interface EventRow {
  /** Within the run, gap-free from 1. */
  readonly seq: number;
  readonly at: number;
  readonly step: string | null;
  readonly attempt: number | null;
  readonly event: RunEvent;
}
export interface LaunchPreview {
  readonly selection: string;
  readonly assets: readonly { readonly key: string; readonly partition: string | null }[];
  readonly steps: number;
  readonly checks: number;
  readonly partition: { readonly key: string; readonly chosen: "given" | "latest" } | null;
  readonly partitioned: readonly string[];
  /** Selected external assets, which nothing here can materialize. */
  readonly external: readonly string[];
  readonly warnings: readonly string[];
}
export interface RawLogFile {
  readonly step: string;
  readonly attempt: number;
  readonly stream: "stdout" | "stderr";
  readonly bytes: number;
  readonly complete: boolean;
}

// ------------------------------------------------------------------ code locations and agents
export interface LocationView {
  readonly name: string;
  /** `unavailable`: the newest attempt to load failed; the active version, if any, stays in force. */
  readonly status: "loaded" | "unavailable";
  readonly active: VersionView | null;
  readonly errors: readonly LoadError[];
  readonly erroredAt: number | null;
  readonly updatedAt: number;
}
export interface VersionView {
  readonly id: string;
  readonly location: string;
  /** 1, 2, 3...: the order of publishing within the location. */
  readonly number: number;
  readonly active: boolean;
  readonly publishedAt: number;
  readonly publishedBy: string;
  readonly counts: {
    readonly assets: number;
    readonly checks: number;
    readonly jobs: number;
    readonly schedules: number;
    readonly sensors: number;
  };
  readonly git: { readonly commit: string; readonly branch: string | null; readonly dirty: boolean; readonly url: string | null } | null;
  readonly sdk: string;
  /** Against the version before it. */
  readonly diff: { readonly added: readonly string[]; readonly removed: readonly string[]; readonly changed: readonly string[] };
}
export interface AgentView {
  readonly instance: string;
  readonly name: string;
  readonly hostname: string;
  readonly version: string;
  readonly queue: string;
  readonly slots: number;
  readonly running: number;
  readonly status: "connected" | "draining" | "disconnected";
  readonly connectedAt: number;
  readonly lastSeenAt: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly locations: readonly { readonly location: string; readonly version: string; readonly state: "ready" | "failed" | "loading" }[];
  readonly token: string;
}
export interface TokenView {
  readonly id: string;
  readonly name: string;
  readonly kind: "agent" | "api";
  readonly role: string | null;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly lastUsedAt: number | null;
  readonly revokedAt: number | null;
}

// ------------------------------------------------------------------ home
export interface Problem {
  readonly kind:
    | "asset_failed"
    | "check_failed"
    | "check_warned"
    | "asset_overdue"
    | "automation_failing"
    | "backfill_failed"
    | "location_unavailable"
    | "no_agent"
    | "run_failed";
  /** Route target: asset key, `<asset>:<check>`, `<location>/<kind>/<name>` of an automation, backfill id, location name or run id. */
  readonly subject: string;
  readonly title: string;
  /** The sentence of the failure. */
  readonly message: string;
  readonly since: number;
  readonly run: string | null;
}
export interface HomeView {
  readonly problems: readonly Problem[];
  readonly runs: { readonly running: readonly RunSummary[]; readonly recent: readonly RunSummary[] };
  readonly counts: {
    readonly assets: number;
    readonly healthy: number;
    readonly warning: number;
    readonly failed: number;
    readonly never: number;
  };
  readonly lastRunAt: number | null;
  readonly agentsConnected: number;
  readonly nextTicks: readonly {
    readonly schedule: string;
    readonly location: string;
    readonly job: string;
    readonly at: number;
    readonly timezone: string;
  }[];
}
export interface SessionView {
  readonly user: { readonly name: string; readonly email: string | null };
  readonly organization: { readonly slug: string; readonly name: string };
  readonly deployments: readonly { readonly name: string; readonly role: Role }[];
}
export type Role = "viewer" | "launcher" | "editor" | "admin" | "owner";
