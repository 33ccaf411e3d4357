/** Describes the state of an asset in one sentence. */
import type { AssetState } from "@headgate/shared/contract/assets/asset-views.ts";
import { formatDuration } from "@headgate/shared/format/duration.ts";
import { splitMessage } from "#lib/run/failure-text.ts";
import { plural } from "@headgate/shared/format/number.ts";
import { formatRelative } from "@headgate/shared/format/time.ts";

export interface AssetStateInput {
  readonly state: AssetState | undefined;
  readonly external: boolean;
  /** Upstream assets that were never materialized, the usual reason why this asset was not. */
  readonly missingUpstream: readonly string[];
  readonly now: number;
}

export function formatAssetState({ state, external, missingUpstream, now }: AssetStateInput): string {
  if (external) return "External asset, written outside Headgate. Shown because other assets depend on it.";
  if (state?.inProgress) return state.inProgress.status === "running" ? "Materializing now." : "Queued for materialization.";
  if (state?.failed) return `Failed ${formatRelative(state.failed.at, now)}: ${splitMessage(state.failed.message).sentence}`;
  const { materialized } = state ?? {};
  if (!materialized && state?.observedAt !== undefined) return `Observed ${formatRelative(state.observedAt, now)}.`;
  if (!materialized) {
    if (missingUpstream.length > 0) return `Never materialized. Upstream not materialized: ${missingUpstream.slice(0, 3).join(", ")}.`;
    return "Never materialized. No run has included it yet.";
  }
  const facts = [
    materialized.rowCount === null ? null : plural(materialized.rowCount, "row"),
    materialized.durationMs === null ? null : `in ${formatDuration(materialized.durationMs)}`,
    materialized.partition === null ? null : `partition ${materialized.partition}`,
  ].filter((fact) => fact !== null);
  return `Materialized ${formatRelative(materialized.at, now)}${facts.length > 0 ? `: ${facts.join(", ").replace(/(rows?), in/, "$1 in")}` : ""}.`;
}
