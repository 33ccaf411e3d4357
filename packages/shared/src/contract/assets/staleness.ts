/** Which assets are stale and why: the form of the answer, and the facts that the domain judges by. */
import { z } from "zod";
import type { AssetGraph } from "../../domain/asset-graph.ts";
import { staleCausesOf, type StaleCause, type VersionFacts } from "../../domain/health/staleness.ts";
import { view, type View } from "../view.ts";
import type { AssetState } from "./asset-views.ts";

const ofDependency = { asset: z.string(), dependency: z.string() };
const rootCauseSchema = z.discriminatedUnion("type", [
  /** The code is another than the one that the latest materialization ran. */
  z.object({ type: z.literal("code"), asset: z.string() }),
  /** The data of a dependency changed after the asset was materialized. */
  z.object({ type: z.literal("data"), ...ofDependency, at: z.number() }),
  /** A dependency failed after the asset was materialized. */
  z.object({ type: z.literal("upstream_failed"), ...ofDependency, at: z.number() }),
]);

/** Equal in type to the domain's `StaleCause`. */
export const staleCauseSchema: z.ZodType<StaleCause> = view(
  "StaleCause",
  z.union([rootCauseSchema, z.object({ type: z.literal("upstream"), ...ofDependency, root: rootCauseSchema })]),
);

export const staleAssetSchema = view("StaleAsset", z.object({ key: z.string(), causes: z.array(staleCauseSchema) }));
export type StaleAsset = View<typeof staleAssetSchema>;

export type JudgedState = Pick<AssetState, "materialized" | "failed" | "places">;

/** Why an asset is stale, for a reader that has the definitions and the states of all assets. */
export function staleCausesByState(
  graph: AssetGraph,
  known: { readonly stateOf: (key: string) => JudgedState | undefined; readonly codeVersionOf: (key: string) => string | null },
): (key: string) => readonly StaleCause[] {
  return staleCausesOf(graph, (key) => {
    const state = known.stateOf(key);
    return state && factsOf(state, known.codeVersionOf(key));
  });
}

function factsOf({ materialized, failed, places }: JudgedState, codeVersion: string | null): VersionFacts {
  return {
    materialized:
      materialized && places.materialized ? { ...places.materialized, at: materialized.at, codeVersion: materialized.codeVersion } : null,
    changed: places.changed,
    failedAt: failed?.at ?? null,
    codeVersion,
  };
}
