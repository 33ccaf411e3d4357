/** Describes the answer about stale assets. */
import { z } from "zod";
import type { StaleCause } from "../../domain/health/staleness.ts";
import { view, type View } from "../view.ts";

const ofDependency = { asset: z.string(), dependency: z.string() };
const rootCauseSchema = z.discriminatedUnion("type", [
  /** The code is another than the one that the latest materialization ran. */
  z.object({ type: z.literal("code"), asset: z.string() }),
  /** The data of a dependency changed after the asset, or so many of its partitions, were materialized. */
  z.object({ type: z.literal("data"), ...ofDependency, at: z.number(), partitions: z.number().optional() }),
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
