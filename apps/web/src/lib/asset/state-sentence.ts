/** How is the state of an asset said in one sentence? */
import type { AssetState } from "@headgate/shared/contract/assets/asset-views.ts";
import { formatDuration } from "#lib/format/duration.ts";
import { plural } from "#lib/format/number.ts";
import { formatRelative } from "#lib/format/time.ts";

export interface SentenceFacts {
  readonly state: AssetState | undefined;
  readonly external: boolean;
  /** Upstream assets that were never materialized: the usual reason why this one was not. */
  readonly missingUpstream: readonly string[];
  readonly now: number;
}

export function stateSentence({ state, external, missingUpstream, now }: SentenceFacts): string {
  if (external) return "Written outside of Headgate; it is shown here because other assets depend on it.";
  if (state?.inProgress)
    return state.inProgress.status === "running" ? "Being materialized now." : "Queued: a run is about to materialize it.";
  if (state?.failed) return `Failed ${formatRelative(state.failed.at, now)}: ${state.failed.message}`;
  const { materialized } = state ?? {};
  if (!materialized && state?.observedAt !== undefined) return `Looked at ${formatRelative(state.observedAt, now)}.`;
  if (!materialized) {
    if (missingUpstream.length > 0)
      return `Never materialized; its upstream ${missingUpstream.slice(0, 3).join(", ")} ${missingUpstream.length === 1 ? "was" : "were"} not either.`;
    return "Never materialized: no run has included it yet.";
  }
  const facts = [
    materialized.rowCount === null ? null : plural(materialized.rowCount, "row"),
    materialized.durationMs === null ? null : `in ${formatDuration(materialized.durationMs)}`,
    materialized.partition === null ? null : `partition ${materialized.partition}`,
  ].filter((fact) => fact !== null);
  return `Materialized ${formatRelative(materialized.at, now)}${facts.length > 0 ? `: ${facts.join(", ").replace(/(rows?), in/, "$1 in")}` : ""}.`;
}
