/** Tone and label of assets, runs, steps, checks, locations and agents, the same on every page. */
import { assertNever } from "@headgate/shared/domain/assert.ts";
import { plural } from "@headgate/shared/format/number.ts";
import type { AgentView } from "@headgate/shared/contract/catalog/agents.ts";
import type { AssetState } from "@headgate/shared/contract/assets/asset-views.ts";
import type { LocationView } from "@headgate/shared/contract/catalog/locations.ts";
import type { RunSummary, StepAssetView } from "@headgate/shared/contract/runs/run-views.ts";
import type { StepStatus } from "@headgate/shared/domain/run/status.ts";

/** Each tone has its own shape: tick in a circle, octagon, triangle, ring, dotted ring, clock, dash, barred circle. */
export type Tone = "good" | "bad" | "warn" | "live" | "waiting" | "late" | "idle" | "stopped";
export interface StatusStyle {
  readonly tone: Tone;
  readonly label: string;
}

/** `stale`: something that it was made from changed. */
export function assetStyle(state: AssetState | undefined, external: boolean, stale = false): StatusStyle {
  if (state?.inProgress)
    return state.inProgress.status === "running" ? { tone: "live", label: "Running" } : { tone: "waiting", label: "Queued" };
  const settled = settledAssetStyle(state, external);
  return stale && settled.tone === "good" ? { tone: "late", label: "Stale" } : settled;
}

/** The status of an asset without regard to an active run. */
export function settledAssetStyle(state: AssetState | undefined, external: boolean): StatusStyle {
  if (!state) return external ? { tone: "idle", label: "External" } : { tone: "idle", label: "Never materialized" };
  switch (state.health) {
    case "failed":
      if (state.failed) return { tone: "bad", label: "Failed" };
      if (state.checks.failed === 0 && state.freshness?.state === "overdue") return { tone: "late", label: "Overdue" };
      return { tone: "bad", label: "Check failed" };
    case "warning":
      if (state.checks.warned > 0) return { tone: "warn", label: "Check warned" };
      if ((state.partitions?.failed ?? 0) > 0)
        return { tone: "warn", label: `${plural(state.partitions?.failed ?? 0, "partition")} failed` };
      return { tone: "warn", label: state.freshness?.state === "warning" ? "Nearly overdue" : "Warning" };
    case "healthy":
      return { tone: "good", label: "Healthy" };
    case "unknown":
      if (external) return { tone: "idle", label: "External" };
      return state.materialized ? { tone: "good", label: "Materialized" } : { tone: "idle", label: "Never materialized" };
    default:
      return assertNever(state.health);
  }
}

export function runStyle(run: Pick<RunSummary, "status" | "checksFailed" | "checksWarned">): StatusStyle {
  switch (run.status) {
    case "queued":
      return { tone: "waiting", label: "Queued" };
    case "starting":
      return { tone: "waiting", label: "Starting" };
    case "running":
      return { tone: "live", label: "Running" };
    case "canceling":
      return { tone: "live", label: "Canceling" };
    case "failed":
      return { tone: "bad", label: "Failed" };
    case "canceled":
      return { tone: "stopped", label: "Canceled" };
    case "succeeded":
      if (run.checksFailed > 0) return { tone: "bad", label: "Check failed" };
      if (run.checksWarned > 0) return { tone: "warn", label: "Check warned" };
      return { tone: "good", label: "Succeeded" };
    default:
      return assertNever(run.status);
  }
}

export function stepStyle(status: StepStatus): StatusStyle {
  switch (status) {
    case "pending":
      return { tone: "waiting", label: "Waiting" };
    case "assigned":
      return { tone: "waiting", label: "Assigned" };
    case "running":
      return { tone: "live", label: "Running" };
    case "up_for_retry":
      return { tone: "warn", label: "Up for retry" };
    case "succeeded":
      return { tone: "good", label: "Succeeded" };
    case "failed":
      return { tone: "bad", label: "Failed" };
    case "skipped":
      return { tone: "idle", label: "Skipped" };
    case "canceled":
      return { tone: "stopped", label: "Canceled" };
    default:
      return assertNever(status);
  }
}

export function stepAssetStyle(status: StepAssetView["status"]): StatusStyle {
  return stepStyle(status);
}

export function checkStyle(result: { readonly passed: boolean; readonly severity: "warn" | "error" } | null): StatusStyle {
  if (result === null) return { tone: "idle", label: "Never evaluated" };
  if (result.passed) return { tone: "good", label: "Passed" };
  return result.severity === "warn" ? { tone: "warn", label: "Warned" } : { tone: "bad", label: "Failed" };
}

export function locationStyle(location: Pick<LocationView, "status">): StatusStyle {
  return location.status === "loaded" ? { tone: "good", label: "Loaded" } : { tone: "bad", label: "Does not load" };
}

export function agentStyle(agent: Pick<AgentView, "status">): StatusStyle {
  switch (agent.status) {
    case "connected":
      return { tone: "good", label: "Connected" };
    case "draining":
      return { tone: "warn", label: "Draining" };
    case "disconnected":
      return { tone: "stopped", label: "Disconnected" };
    default:
      return assertNever(agent.status);
  }
}
