/** The definitions document: what the active versions define. It never changes, and is kept under its hash. */
import { z } from "zod";
import {
  manifestAssetSchema,
  manifestCheckSchema,
  manifestJobSchema,
  manifestScheduleSchema,
  manifestSensorSchema,
} from "../../manifest/schema.ts";
import { query } from "../procedure.ts";
import { view, type View } from "../view.ts";

const located = { location: z.string() };
export const definitionsCheckSchema = view("DefinitionsCheck", manifestCheckSchema.extend(located));
export type DefinitionsCheck = View<typeof definitionsCheckSchema>;

export const definitionsAssetSchema = view(
  "DefinitionsAsset",
  manifestAssetSchema.extend({
    /** Empty for an external asset that is only mentioned as a dependency. */
    location: z.string(),
    checks: z.array(definitionsCheckSchema),
    /** Position of the node's upper left corner in the lineage layout. */
    x: z.number(),
    y: z.number(),
    /** Longest path from a root; the map's lane. */
    level: z.number(),
  }),
);
export type DefinitionsAsset = View<typeof definitionsAssetSchema>;

/** Answer of `GET /api/:org/:dep/definitions/:hash`. */
export const definitionsDocumentSchema = view(
  "DefinitionsDocument",
  z.object({
    hash: z.string(),
    locations: z.array(z.object({ name: z.string(), version: z.string() })),
    /** Sorted by key, without `code` and `configSchema`; `assets.get` has them. */
    assets: z.array(definitionsAssetSchema.omit({ code: true, configSchema: true })),
    jobs: z.array(manifestJobSchema.extend({ ...located, assetCount: z.number() })),
    schedules: z.array(manifestScheduleSchema.extend(located)),
    sensors: z.array(manifestSensorSchema.extend(located)),
    layout: z.object({ width: z.number(), height: z.number(), nodeWidth: z.number(), nodeHeight: z.number() }),
  }),
);
export type DefinitionsDocument = View<typeof definitionsDocumentSchema>;

export const definitionsProcedures = {
  "definitions.hash": query({
    scope: "deployment",
    role: "viewer",
    summary: "The hash of the current definitions document.",
    input: null,
    output: z.object({ hash: z.string() }),
  }),
};
