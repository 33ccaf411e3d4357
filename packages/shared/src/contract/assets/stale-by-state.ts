/** Finds stale assets from the states of all assets. Apart from the schemas, because the first page of the dashboard loads it. */
import type { AssetGraph } from "../../domain/asset-graph.ts";
import { staleCausesOf, type StaleCause, type VersionFacts } from "../../domain/health/staleness.ts";
import type { AssetState } from "./asset-views.ts";

export type JudgedState = Pick<AssetState, "materialized" | "failed" | "places" | "partitions" | "staleRead">;

/** Says why an asset is stale, for a reader that has the definitions and the states of all assets. */
export function staleCausesByState(
  graph: AssetGraph,
  known: { readonly stateOf: (key: string) => JudgedState | undefined; readonly codeVersionOf: (key: string) => string | null },
): (key: string) => readonly StaleCause[] {
  return staleCausesOf(graph, (key) => {
    const state = known.stateOf(key);
    return state && factsOf(state, known.codeVersionOf(key));
  });
}

function factsOf({ materialized, failed, places, partitions, staleRead }: JudgedState, codeVersion: string | null): VersionFacts {
  return {
    materialized:
      materialized && places.materialized ? { ...places.materialized, at: materialized.at, codeVersion: materialized.codeVersion } : null,
    changed: places.changed,
    failedAt: failed?.at ?? null,
    codeVersion,
    stalePartitions: partitions?.stale ?? (staleRead && { ...staleRead, count: 1 }),
  };
}
