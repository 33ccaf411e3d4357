/** Assets: their state, events, checks and partitions, and reports about assets that something else makes. */
import { z } from "zod";
import { PARTITION_STATUSES } from "../../domain/partitions/status.ts";
import { metadataSchema } from "../../manifest/metadata.ts";
import { assetKeySchema, checkNameSchema } from "../../manifest/names.ts";
import {
  ASSET_EVENT_TYPES,
  assetCheckSchema,
  assetDetailSchema,
  assetEventRowSchema,
  assetStateSchema,
  checkResultSchema,
  metadataSeriesSchema,
  partitionStatusViewSchema,
} from "./asset-views.ts";
import { staleAssetSchema } from "./staleness.ts";
import { cursorSchema, limitSchema, partitionTextSchema, requestIdSchema } from "../fields.ts";
import { command, query } from "../procedure.ts";
import { pageOf } from "../view.ts";

const ofAsset = z.object({ key: assetKeySchema });
const recorded = z.object({
  /** Deployment-wide number of the event. */
  seq: z.number(),
});

export const assetProcedures = {
  "assets.states": query({
    scope: "deployment",
    role: "viewer",
    summary: "The live state of every asset.",
    input: z.object({ cursor: cursorSchema, limit: z.number().int().min(1).max(10_000).default(5000) }),
    output: pageOf(assetStateSchema),
  }),
  "assets.stale": query({
    scope: "deployment",
    role: "viewer",
    summary: "The stale assets, each with its causes: its code or a dependency changed, or a dependency failed.",
    input: null,
    output: z.array(staleAssetSchema),
  }),
  "assets.get": query({
    scope: "deployment",
    role: "viewer",
    summary: "One asset: its definition, state and latest metadata.",
    input: ofAsset,
    output: assetDetailSchema,
  }),
  "assets.events": query({
    scope: "deployment",
    role: "viewer",
    summary: "What happened to an asset, newest first.",
    input: z.object({
      key: assetKeySchema,
      cursor: cursorSchema,
      limit: limitSchema.default(50),
      types: z.array(z.enum(ASSET_EVENT_TYPES)).optional(),
      partition: z.string().optional(),
    }),
    output: pageOf(assetEventRowSchema),
  }),
  "assets.checks": query({
    scope: "deployment",
    role: "viewer",
    summary: "The checks of an asset, each with its latest result.",
    input: ofAsset,
    output: z.array(assetCheckSchema),
  }),
  "assets.checkHistory": query({
    scope: "deployment",
    role: "viewer",
    summary: "Results of one check, newest first.",
    input: z.object({ key: assetKeySchema, check: z.string(), cursor: cursorSchema, limit: limitSchema.default(50) }),
    output: pageOf(checkResultSchema),
  }),
  "assets.series": query({
    scope: "deployment",
    role: "viewer",
    summary: "Numbers of an asset's metadata over time.",
    input: z.object({ key: assetKeySchema, limit: z.number().int().min(1).max(1000).default(200) }),
    output: z.array(metadataSeriesSchema),
  }),
  "assets.partitions": query({
    scope: "deployment",
    role: "viewer",
    summary: "The partitions of an asset, each with its status.",
    input: z.object({
      key: assetKeySchema,
      /** Only partitions in one of these. */
      statuses: z.array(z.enum(PARTITION_STATUSES)).optional(),
      /** Only these; unknown ones are left out. */
      keys: z.array(partitionTextSchema).max(100).optional(),
      cursor: cursorSchema,
      limit: z.number().int().min(1).max(2000).default(500),
    }),
    output: partitionStatusViewSchema,
  }),
  "assets.report": command({
    scope: "deployment",
    role: "launcher",
    summary: "Records a materialization or observation of an asset that something else made. Repeating a `requestId` changes nothing.",
    input: z.object({
      type: z.enum(["materialized", "observed"]),
      asset: assetKeySchema,
      partition: partitionTextSchema.optional(),
      metadata: metadataSchema.default({}),
      dataVersion: z.string().max(500).optional(),
      description: z.string().max(10_000).optional(),
      requestId: requestIdSchema.optional(),
    }),
    output: recorded,
    audit: { target: ({ asset }) => asset },
  }),
  "assets.reportCheck": command({
    scope: "deployment",
    role: "launcher",
    summary: "Records the result of a check that something else evaluated. Repeating a `requestId` changes nothing.",
    input: z.object({
      asset: assetKeySchema,
      check: checkNameSchema,
      passed: z.boolean(),
      severity: z.enum(["warn", "error"]).default("error"),
      description: z.string().max(10_000).optional(),
      partition: partitionTextSchema.optional(),
      metadata: metadataSchema.default({}),
      requestId: requestIdSchema.optional(),
    }),
    output: recorded,
    audit: { target: ({ asset }) => asset },
  }),
};
