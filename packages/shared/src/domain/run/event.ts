/** Everything that can happen in a run: a closed, versioned union. `StepEvent`s come from agents, the others from the control plane. */
import type { FreshnessState } from "../health/freshness.ts";
import type { Metadata } from "../metadata.ts";
import type { Failure } from "./failure.ts";

export const EVENT_VERSION = 1;
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type CheckSeverity = "warn" | "error";

/** What user code and engines report while a step runs. `at` is the agent's clock and is only shown; order comes from the sequence. */
export type StepEvent =
  | { readonly type: "step_started"; readonly worker: string; readonly pid: number }
  | {
      readonly type: "log";
      readonly level: LogLevel;
      readonly message: string;
      readonly fields?: Readonly<Record<string, unknown>> | undefined;
      readonly asset?: string | undefined;
      readonly source?: "user" | "dbt" | "agent" | "pipes" | undefined;
    }
  /** One of several assets of the step began (dbt: a model). */
  | { readonly type: "asset_started"; readonly asset: string }
  | {
      readonly type: "asset_materialized";
      readonly asset: string;
      readonly partition?: string | undefined;
      readonly metadata: Metadata;
      readonly durationMs?: number | undefined;
      readonly dataVersion?: string | undefined;
    }
  | {
      readonly type: "asset_observed";
      readonly asset: string;
      readonly partition?: string | undefined;
      readonly metadata: Metadata;
      readonly dataVersion?: string | undefined;
    }
  | { readonly type: "asset_failed"; readonly asset: string; readonly failure: Failure; readonly durationMs?: number | undefined }
  | { readonly type: "asset_skipped"; readonly asset: string; readonly reason: string }
  | {
      readonly type: "check_evaluated";
      readonly asset: string;
      readonly check: string;
      readonly passed: boolean;
      readonly severity: CheckSeverity;
      readonly description?: string | undefined;
      readonly metadata: Metadata;
      readonly durationMs?: number | undefined;
      readonly partition?: string | undefined;
    };

/** How a step attempt ended, as the agent saw it. */
export type StepOutcome =
  | { readonly outcome: "succeeded" }
  | { readonly outcome: "failed"; readonly failure: Failure; /** False when trying again cannot help. */ readonly retryable: boolean }
  | { readonly outcome: "canceled" };

export type ControlEvent =
  | { readonly type: "run_queued"; readonly waitingFor?: string | undefined }
  | { readonly type: "run_starting" }
  | { readonly type: "run_started" }
  | { readonly type: "run_canceling"; readonly by: string; readonly reason?: string | undefined }
  | { readonly type: "run_succeeded" }
  | { readonly type: "run_failed"; readonly failure: Failure }
  | { readonly type: "run_canceled"; readonly by: string }
  | { readonly type: "step_assigned"; readonly agent: string; readonly epoch: number; readonly attempt: number }
  | { readonly type: "step_succeeded"; readonly durationMs: number }
  | { readonly type: "step_failed"; readonly failure: Failure; readonly willRetry: boolean }
  | { readonly type: "step_retry_scheduled"; readonly attempt: number; readonly at: number }
  | { readonly type: "step_skipped"; readonly because: string }
  | { readonly type: "step_canceled" }
  /** Belongs to no run: an asset with a freshness policy is now as fresh as `to` says. */
  | { readonly type: "freshness_changed"; readonly asset: string; readonly from: FreshnessState; readonly to: FreshnessState }
  /** Something the platform noticed: a lost agent, a stale report, dropped log lines. */
  | { readonly type: "engine"; readonly level: LogLevel; readonly message: string };

export type RunEvent = StepEvent | ControlEvent;
export type RunEventType = RunEvent["type"];
