/** Which shape, colour and word stands for a state? Decided once, so that catalog, lineage, runs and asset pages can never disagree. */
import { assertNever } from "@headgate/shared/domain/assert.ts";
import type { AgentView } from "@headgate/shared/contract/catalog/agents.ts";
import type { AssetState } from "@headgate/shared/contract/assets/asset-views.ts";
import type { LocationView } from "@headgate/shared/contract/catalog/locations.ts";
import type { RunSummary, StepAssetView } from "@headgate/shared/contract/runs/run-views.ts";
import type { StepStatus } from "@headgate/shared/domain/run/status.ts";

/** Each tone has its own shape: tick in a circle, octagon, triangle, ring, dotted ring, clock, dash, barred circle. */
export type Tone = "good" | "bad" | "warn" | "live" | "waiting" | "late" | "idle" | "stopped";
export interface Look {
  readonly tone: Tone;
  readonly word: string;
}

export function assetLook(state: AssetState | undefined, external: boolean): Look {
  if (state?.inProgress)
    return state.inProgress.status === "running" ? { tone: "live", word: "Running" } : { tone: "waiting", word: "Queued" };
  return settledAssetLook(state, external);
}

/** What is known about the asset apart from a run that is under way. */
export function settledAssetLook(state: AssetState | undefined, external: boolean): Look {
  if (!state) return external ? { tone: "idle", word: "External" } : { tone: "idle", word: "Never materialized" };
  switch (state.health) {
    case "failed":
      if (state.failed) return { tone: "bad", word: "Failed" };
      if (state.checks.failed === 0 && state.freshness?.state === "overdue") return { tone: "late", word: "Overdue" };
      return { tone: "bad", word: "Check failed" };
    case "warning":
      if (state.checks.warned > 0) return { tone: "warn", word: "Check warned" };
      return { tone: "warn", word: state.freshness?.state === "warning" ? "Nearly overdue" : "Warning" };
    case "healthy":
      return { tone: "good", word: "Healthy" };
    case "unknown":
      if (external) return { tone: "idle", word: "External" };
      return state.materialized ? { tone: "good", word: "Materialized" } : { tone: "idle", word: "Never materialized" };
    default:
      return assertNever(state.health);
  }
}

export function runLook(run: Pick<RunSummary, "status" | "checksFailed" | "checksWarned">): Look {
  switch (run.status) {
    case "queued":
      return { tone: "waiting", word: "Queued" };
    case "starting":
      return { tone: "waiting", word: "Starting" };
    case "running":
      return { tone: "live", word: "Running" };
    case "canceling":
      return { tone: "live", word: "Canceling" };
    case "failed":
      return { tone: "bad", word: "Failed" };
    case "canceled":
      return { tone: "stopped", word: "Canceled" };
    case "succeeded":
      if (run.checksFailed > 0) return { tone: "bad", word: "Check failed" };
      if (run.checksWarned > 0) return { tone: "warn", word: "Check warned" };
      return { tone: "good", word: "Succeeded" };
    default:
      return assertNever(run.status);
  }
}

export function stepLook(status: StepStatus): Look {
  switch (status) {
    case "pending":
      return { tone: "waiting", word: "Waiting" };
    case "assigned":
      return { tone: "waiting", word: "Assigned" };
    case "running":
      return { tone: "live", word: "Running" };
    case "up_for_retry":
      return { tone: "warn", word: "Up for retry" };
    case "succeeded":
      return { tone: "good", word: "Succeeded" };
    case "failed":
      return { tone: "bad", word: "Failed" };
    case "skipped":
      return { tone: "idle", word: "Skipped" };
    case "canceled":
      return { tone: "stopped", word: "Canceled" };
    default:
      return assertNever(status);
  }
}

export function stepAssetLook(status: StepAssetView["status"]): Look {
  return stepLook(status);
}

export function checkLook(result: { readonly passed: boolean; readonly severity: "warn" | "error" } | null): Look {
  if (result === null) return { tone: "idle", word: "Never evaluated" };
  if (result.passed) return { tone: "good", word: "Passed" };
  return result.severity === "warn" ? { tone: "warn", word: "Warned" } : { tone: "bad", word: "Failed" };
}

export function locationLook(location: Pick<LocationView, "status">): Look {
  return location.status === "loaded" ? { tone: "good", word: "Loaded" } : { tone: "bad", word: "Does not load" };
}

export function agentLook(agent: Pick<AgentView, "status">): Look {
  switch (agent.status) {
    case "connected":
      return { tone: "good", word: "Connected" };
    case "draining":
      return { tone: "warn", word: "Draining" };
    case "disconnected":
      return { tone: "stopped", word: "Disconnected" };
    default:
      return assertNever(agent.status);
  }
}

/** Text colour class of a tone; the soft background belongs to it. */
export const TONE_TEXT: Readonly<Record<Tone, string>> = {
  good: "text-good",
  bad: "text-bad",
  warn: "text-warn",
  live: "text-live",
  waiting: "text-idle",
  late: "text-late",
  idle: "text-idle",
  stopped: "text-idle",
};
export const TONE_SOFT: Readonly<Record<Tone, string>> = {
  good: "bg-good-soft text-good",
  bad: "bg-bad-soft text-bad",
  warn: "bg-warn-soft text-warn",
  live: "bg-live-soft text-live",
  waiting: "bg-idle-soft text-muted",
  late: "bg-late-soft text-late",
  idle: "bg-idle-soft text-muted",
  stopped: "bg-idle-soft text-muted",
};
