/** What the control plane shows of the queue, its limits, and of past and coming times. Types only. */
import type { RunStatus } from "../domain/run/status.ts";
import type { RunSummary, RunCause } from "../contract/runs/run-views.ts";

export interface TagLimitView {
  readonly key: string;
  readonly value?: string | undefined;
  readonly perValue?: boolean | undefined;
  readonly limit: number;
}
/** Limits of a deployment, changed by an admin. */
export interface DeploymentSettings {
  readonly maxConcurrentRuns: number;
  readonly tagLimits: readonly TagLimitView[];
  /** Slots of pools; overrides what code locations say. */
  readonly pools: Readonly<Record<string, number>>;
  /** For pools that nobody gave slots; null: no limit. */
  readonly defaultPoolLimit: number | null;
  /** For jobs without a policy of their own. */
  readonly runRetry: { readonly maxRetries: number; readonly strategy: "from_failure" | "all"; readonly on: "any" | "crashes" };
  /** A run whose first step has not started so long after it was given to an agent fails or is tried again. */
  readonly startTimeoutSeconds: number;
}
export interface PoolView {
  readonly name: string;
  /** Null: no limit. */
  readonly limit: number | null;
  readonly source: "settings" | "code" | "default";
  readonly used: number;
  readonly holders: readonly { readonly run: string; readonly step: string; readonly since: number | null }[];
  /** Steps that wait for it. */
  readonly waiting: number;
}
export interface QueueView {
  readonly settings: DeploymentSettings;
  readonly activeRuns: number;
  /** In the order in which they will start, each with what it waits for. */
  readonly queued: readonly RunSummary[];
  readonly queuedTotal: number;
  readonly pools: readonly PoolView[];
  readonly tags: readonly { readonly tag: string; readonly used: number; readonly limit: number; readonly waiting: number }[];
  readonly agents: { readonly connected: number; readonly slots: number; readonly busy: number };
}

export interface TimelineRun {
  readonly id: string;
  readonly status: RunStatus;
  /** Row: job name, or the selection of a run without a job. */
  readonly title: string;
  readonly trigger: RunCause;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly error: string | null;
}
export interface TimelineView {
  readonly from: number;
  readonly to: number;
  readonly now: number;
  readonly runs: readonly TimelineRun[];
  /** More runs than are listed. */
  readonly more: number;
  readonly ticks: readonly {
    readonly location: string;
    readonly schedule: string;
    readonly job: string;
    readonly at: number;
    readonly timezone: string;
  }[];
  /** Schedules that tick more often in this time than is listed. */
  readonly shortened: readonly { readonly location: string; readonly schedule: string }[];
}
