/** The health of an asset: the worst of its last materialization, its checks and its freshness, with the sentences that say why. */
import type { CheckSeverity } from "../run/event.ts";
import type { FreshnessState } from "./freshness.ts";

export const HEALTH_STATES = ["healthy", "unknown", "warning", "failed"] as const;
export type HealthState = (typeof HEALTH_STATES)[number];

export interface HealthInput {
  /** How the last attempt ended. `observed`: it was only ever looked at. `external`: nothing here makes it, and no report of it has arrived yet. */
  readonly materialization: "succeeded" | "failed" | "never" | "observed" | "external";
  readonly checks: readonly { readonly name: string; readonly state: "passed" | "failed" | "not_run"; readonly severity: CheckSeverity }[];
  readonly freshness?: FreshnessState | undefined;
  /** Partitions whose last attempt failed. The last attempt at any partition says nothing about the others. */
  readonly failedPartitions?: number | undefined;
}

export interface AssetHealth {
  readonly state: HealthState;
  readonly reasons: readonly string[];
}

/** `unknown` says that nothing is known at all: an asset that was materialized and whose checks never ran is healthy. */
export function assetHealth(input: HealthInput): AssetHealth {
  const found: { state: HealthState; reason: string }[] = [];
  if (input.materialization === "failed") found.push({ state: "failed", reason: "the last materialization failed" });
  if (input.materialization === "never") found.push({ state: "unknown", reason: "never materialized" });
  for (const check of input.checks) {
    if (check.state !== "failed") continue;
    found.push(
      check.severity === "error"
        ? { state: "failed", reason: `check ${check.name} failed` }
        : { state: "warning", reason: `check ${check.name} warns` },
    );
  }
  const failed = input.failedPartitions ?? 0;
  if (failed > 0) found.push({ state: "warning", reason: `${failed} ${failed === 1 ? "partition" : "partitions"} failed` });
  if (input.freshness === "overdue") found.push({ state: "failed", reason: "overdue" });
  if (input.freshness === "warning") found.push({ state: "warning", reason: "soon overdue" });
  if (
    input.materialization === "external" &&
    found.length === 0 &&
    !input.checks.some((check) => check.state === "passed") &&
    input.freshness !== "fresh"
  ) {
    found.push({ state: "unknown", reason: "nothing was reported about this external asset" });
  }
  const state = found.reduce<HealthState>(
    (worst, { state: own }) => (HEALTH_STATES.indexOf(own) > HEALTH_STATES.indexOf(worst) ? own : worst),
    "healthy",
  );
  return { state, reasons: found.filter((entry) => entry.state === state).map((entry) => entry.reason) };
}
