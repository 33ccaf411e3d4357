/**
 * All facts that a transaction can state: what happened in a deployment. The code that states a fact does not know its followers;
 * `followers.ts` lists them. A `*_changed` fact says that a row changed and is for dashboards.
 */
import type { CauseChain, RunChain } from "@headgate/shared/domain/automation/cause-chain.ts";
import type { FreshnessState } from "@headgate/shared/domain/health/freshness.ts";
import type { Metadata } from "@headgate/shared/domain/metadata.ts";
import type { CheckSeverity } from "@headgate/shared/domain/run/event.ts";
import type { RunStatus } from "@headgate/shared/domain/run/status.ts";
import type { SensorEvent } from "@headgate/shared/sensor/event-schema.ts";
import type { TickResult } from "@headgate/shared/protocol/tick-result.ts";

/** The run, or the name of the reporter outside of Headgate, with the sensors that led to the report. */
export type ReportedBy = { readonly chain: RunChain | null } & ({ readonly run: string } | { readonly by: string });

interface AboutAsset {
  readonly asset: string;
  readonly partition: string | null;
  readonly by: ReportedBy;
}

export type Fact =
  // ---------------------------------------------------------------- what happened
  | (AboutAsset & {
      readonly type: "asset_materialized";
      /** The deployment-wide number of its event. */
      readonly gseq: number;
      /** The event that started the step; null if no step made it. */
      readonly startedSeq: number | null;
      readonly metadata: Metadata;
      readonly dataVersion: string | null;
      /** The data version differs from the previous one, or there is none. */
      readonly changed: boolean;
    })
  /** `changed`: the data version differs from the previous one. */
  | (AboutAsset & { readonly type: "asset_observed"; readonly changed: boolean })
  /** `failedPartitions`: the partitions that the step should have made and did not. */
  | (AboutAsset & { readonly type: "asset_failed"; readonly failedPartitions: readonly string[]; readonly message: string })
  | (AboutAsset & {
      readonly type: "check_evaluated";
      readonly check: string;
      readonly passed: boolean;
      readonly severity: CheckSeverity;
      readonly description: string | null;
      readonly metadata: Metadata;
    })
  /** `state`: the new one. */
  | { readonly type: "freshness_changed"; readonly asset: string; readonly state: FreshnessState }
  /** `targets`: the assets and checks in its plan. */
  | { readonly type: "run_created"; readonly run: string; readonly targets: readonly string[]; readonly chain: RunChain | null }
  /** `run` is the run's number, `source` the id of the schedule or sensor that made it, `backfill` the number of its backfill. */
  | {
      readonly type: "run_ended";
      readonly run: number;
      readonly status: RunStatus;
      readonly source: string | null;
      readonly backfill: number | null;
    }
  /** The set of assets that a backfill will make changed for another reason than an ended run. */
  | { readonly type: "backfill_progressed"; readonly targets: readonly string[]; readonly cause: string; readonly chain: RunChain | null }
  /** A retry that a backfill waits for was dropped. */
  | { readonly type: "run_retry_dropped"; readonly backfill: number }
  /** Events wait for this sensor, `automation` is its id. Followed when nothing else is left to follow. */
  | { readonly type: "sensor_awakened"; readonly automation: string }
  /** A step may start now, or a slot is free. Followed when nothing else is left to follow. */
  | { readonly type: "work_available" }
  /** Something happened that sensors can watch and that is no other fact. `chain`: the sensors that led to it. */
  | { readonly type: "sensor_event"; readonly event: SensorEvent; readonly chain: CauseChain | null }
  | { readonly type: "version_activated"; readonly location: string }
  /** A person switched the schedules, sensors and conditions of a code location. */
  | { readonly type: "location_switched"; readonly location: string; readonly by: string }
  /** `targets`: the assets that are partitioned by the keys. */
  | {
      readonly type: "partition_keys_changed";
      readonly targets: readonly string[];
      readonly cause: string;
      readonly chain: RunChain | null;
    }
  | { readonly type: "agent_connected"; readonly instance: string }
  /** `drained`: the agent will not come back. */
  | { readonly type: "agent_left"; readonly instance: string; readonly drained: boolean }
  /** The tick that handled a webhook's deliveries ended, or no tick will handle them. */
  | {
      readonly type: "deliveries_handled";
      /** Null if no tick handled them. */
      readonly tick: string | null;
      /** The ids of the deliveries. */
      readonly deliveries: readonly string[];
      readonly runs: readonly string[];
      readonly state: "requested" | "skipped" | "failed";
      readonly message: string | null;
    }
  /** Stated after an activation. `ids`: all webhooks that have an address. */
  | { readonly type: "webhooks_activated"; readonly ids: readonly string[] }
  /** A message of the outbox is due. */
  | { readonly type: "outbox_due" }
  /** A change that automation conditions read is stored. */
  | { readonly type: "conditions_changed" }
  /** An agent answered a dry run. */
  | { readonly type: "dry_run_answered"; readonly dryRun: string; readonly instance: string; readonly result: TickResult }
  // ---------------------------------------------------------------- rows that changed
  | { readonly type: "run_changed"; readonly run: number }
  | { readonly type: "step_changed"; readonly run: number; readonly position: number }
  | { readonly type: "step_asset_changed"; readonly run: number; readonly position: number; readonly asset: string }
  | { readonly type: "events_added"; readonly run: number }
  | { readonly type: "asset_changed"; readonly asset: string }
  | { readonly type: "location_changed"; readonly location: string }
  | { readonly type: "agent_changed"; readonly instance: string }
  | { readonly type: "agent_gone"; readonly instance: string }
  | { readonly type: "evaluation_added"; readonly id: string }
  | { readonly type: "pauses_changed" }
  /** `automation` is the id of a schedule or sensor. */
  | { readonly type: "automation_changed"; readonly automation: string }
  | { readonly type: "tick_changed"; readonly tick: number }
  | { readonly type: "backfill_changed"; readonly backfill: number }
  /** A message became a dead letter, or a dead letter is sent again. */
  | { readonly type: "outbox_changed" }
  /** Limits or policies. */
  | { readonly type: "settings_changed" }
  | { readonly type: "definitions_changed" };

export type FactType = Fact["type"];
export type FactOf<T extends FactType> = Extract<Fact, { readonly type: T }>;

/** The facts that dashboards get. New events of a run have their own numbers, so `events_added` is not among them. */
export const SHOWN = {
  run_changed: true,
  step_changed: true,
  step_asset_changed: true,
  asset_changed: true,
  location_changed: true,
  agent_changed: true,
  agent_gone: true,
  evaluation_added: true,
  pauses_changed: true,
  automation_changed: true,
  tick_changed: true,
  backfill_changed: true,
  settings_changed: true,
  definitions_changed: true,
} as const satisfies Partial<Record<FactType, true>>;
