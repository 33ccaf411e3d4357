/** What assets, their events and their checks look like. */
import { z } from "zod";
import { failureSchema } from "../../protocol/step-event.ts";
import { FRESHNESS_STATES } from "../../domain/health/freshness.ts";
import { PARTITION_STATUSES } from "../../domain/partitions/status.ts";
import { isMetadataType, type Metadata } from "../../domain/metadata.ts";
import { metadataValueSchema } from "../../manifest/metadata.ts";
import { partitionsSchema } from "../../manifest/schema.ts";
import { definitionsAssetSchema, definitionsCheckSchema } from "../catalog/definitions.ts";
import { view, type View } from "../view.ts";
import { staleCauseSchema } from "./staleness.ts";

/** A newer control plane may answer types that this version does not know. Readers show them as JSON. */
const unknownMetadataSchema = z.looseObject({ type: z.string() }).refine(({ type }) => !isMetadataType(type), "known type, wrong value");
const shownMetadataSchema = view(
  "ShownMetadata",
  z.record(z.string(), z.union([metadataValueSchema, unknownMetadataSchema])) as unknown as z.ZodType<Metadata>,
);

const freshness = z.enum(FRESHNESS_STATES);
export const assetHealthSchema = z.enum(["healthy", "warning", "failed", "unknown"]);
export type AssetHealth = View<typeof assetHealthSchema>;

/** Live state of one asset. */
export const assetStateSchema = view(
  "AssetState",
  z.object({
    key: z.string(),
    health: assetHealthSchema,
    /** The latest materialization that succeeded, or was reported from outside (without run and step); null: never. */
    materialized: z
      .object({
        at: z.number(),
        run: z.string().nullable(),
        step: z.string().nullable(),
        partition: z.string().nullable(),
        durationMs: z.number().nullable(),
        rowCount: z.number().nullable(),
        codeVersion: z.string().nullable(),
      })
      .nullable(),
    /** Time of the latest observation; absent: never observed. */
    observedAt: z.number().optional(),
    /** Set when the latest attempt failed, cleared by the next materialization. */
    failed: z
      .object({
        at: z.number(),
        run: z.string(),
        step: z.string(),
        message: z.string(),
        partition: z.string().nullable(),
      })
      .nullable(),
    /** Places in the order of all events, for finding out what is stale. `saw`: the step could see everything up to there. */
    places: z.object({
      /** The latest materialization; null: never. */
      materialized: z.object({ seq: z.number(), saw: z.number() }).nullable(),
      /** The latest event that changed the data. */
      changed: z.object({ seq: z.number(), saw: z.number(), at: z.number() }).nullable(),
    }),
    /** Set while a run is going to or is about to materialize it. */
    inProgress: z.object({ run: z.string(), status: z.enum(["queued", "running"]) }).nullable(),
    checks: z.object({ passed: z.number(), warned: z.number(), failed: z.number(), unknown: z.number() }),
    /** The first checks that did not pass, errors before warnings. */
    checksNotPassed: z.array(
      z.object({ name: z.string(), severity: z.enum(["warn", "error"]), description: z.string().nullable(), run: z.string().nullable() }),
    ),
    /** Only partitioned assets have it. */
    partitions: z
      .object({
        total: z.number(),
        materialized: z.number(),
        failed: z.number(),
        /** Partitions that read data that changed later, and the dependency that changed last; absent: none. */
        stale: z.object({ count: z.number(), dependency: z.string(), at: z.number() }).optional(),
      })
      .nullable(),
    /** Set if the asset is not partitioned and reads a partition of `dependency` that changed later. */
    staleRead: z.object({ dependency: z.string(), at: z.number() }).optional(),
    /** Only assets with a freshness policy have it. */
    freshness: z.object({ state: freshness, since: z.number().nullable(), changesAt: z.number().nullable() }).nullable(),
  }),
);
export type AssetState = View<typeof assetStateSchema>;

export const assetDetailSchema = view(
  "AssetDetail",
  z.object({
    asset: definitionsAssetSchema,
    state: assetStateSchema,
    /** Why it is stale, its own causes first; empty: it is not. */
    stale: z.array(staleCauseSchema),
    /** Metadata of the latest materialization. */
    metadata: shownMetadataSchema,
    latestEventSeq: z.number().nullable(),
  }),
);
export type AssetDetail = View<typeof assetDetailSchema>;

export const checkResultSchema = view(
  "CheckResultView",
  z.object({
    asset: z.string(),
    check: z.string(),
    at: z.number(),
    /** Null: reported from outside. */
    run: z.string().nullable(),
    step: z.string().nullable(),
    passed: z.boolean(),
    severity: z.enum(["warn", "error"]),
    description: z.string().nullable(),
    metadata: shownMetadataSchema,
    partition: z.string().nullable(),
  }),
);
export type CheckResultView = View<typeof checkResultSchema>;

export const assetCheckSchema = view("AssetCheckView", definitionsCheckSchema.extend({ latest: checkResultSchema.nullable() }));
export type AssetCheckView = View<typeof assetCheckSchema>;

export const ASSET_EVENT_TYPES = ["asset_materialized", "asset_observed", "asset_failed", "check_evaluated", "freshness_changed"] as const;
export const assetEventRowSchema = view(
  "AssetEventRow",
  z.object({
    /** Deployment-wide sequence number. */
    seq: z.number(),
    at: z.number(),
    type: z.enum(ASSET_EVENT_TYPES),
    /** Null: reported from outside, by `reportedBy`, or not part of any run. */
    run: z.string().nullable(),
    step: z.string().nullable(),
    reportedBy: z.string().nullable(),
    partition: z.string().nullable(),
    metadata: shownMetadataSchema,
    durationMs: z.number().nullable(),
    failure: failureSchema.nullable(),
    check: checkResultSchema.nullable(),
    /** Only a change of freshness has it. */
    freshness: z.object({ from: freshness, to: freshness }).nullable(),
  }),
);
export type AssetEventRow = View<typeof assetEventRowSchema>;

/** The numbers of one metadata name over time. */
export const metadataSeriesSchema = view(
  "MetadataSeries",
  z.object({
    name: z.string(),
    points: z.array(z.object({ at: z.number(), value: z.number(), run: z.string().nullable(), partition: z.string().nullable() })),
  }),
);
export type MetadataSeries = View<typeof metadataSeriesSchema>;

export const partitionStatusViewSchema = view(
  "PartitionStatusView",
  z.object({
    definition: partitionsSchema,
    total: z.number(),
    materialized: z.number(),
    failed: z.number(),
    inProgress: z.number(),
    /** One page of keys, newest first for time windows. */
    items: z.array(
      z.object({
        key: z.string(),
        start: z.number().nullable(),
        end: z.number().nullable(),
        status: z.enum(PARTITION_STATUSES),
        run: z.string().nullable(),
        at: z.number().nullable(),
        message: z.string().nullable(),
        /** It read data that changed later. */
        stale: z.boolean().optional(),
      }),
    ),
    next: z.string().nullable(),
  }),
);
export type PartitionStatusView = View<typeof partitionStatusViewSchema>;
