/** Partitions of assets, and the keys of dynamic sets. */
import { z } from "zod";
import { assetKeySchema } from "../../manifest/names.ts";
import { partitionsSchema } from "../../manifest/schema.ts";
import { cursorSchema, limitSchema, nameSchema, partitionTextSchema } from "../fields.ts";
import { command, query } from "../procedure.ts";
import { pageOf, view, type View } from "../view.ts";

/** A key that a dynamic partition set may have: no control characters, no separators of ranges and dimensions. */
export const dynamicKeySchema = z
  .string()
  .min(1)
  .max(400)
  .refine(
    (key) => !key.includes("...") && !key.includes("|") && !/\p{Cc}/u.test(key),
    "a partition key has no '...', no '|' and no control characters",
  );

const counts = {
  total: z.number(),
  materialized: z.number(),
  failed: z.number(),
  inProgress: z.number(),
  missing: z.number(),
};
export const partitionCountsSchema = view("PartitionCounts", z.object(counts));
export type PartitionCounts = View<typeof partitionCountsSchema>;

/** A piece of a partitioned asset at some zoom: partitions that stand next to each other. */
export const partitionBucketSchema = view(
  "PartitionBucket",
  z.object({
    ...counts,
    first: z.string(),
    last: z.string(),
    /** Only time windows have a start and an end. */
    start: z.number().nullable(),
    end: z.number().nullable(),
  }),
);
export type PartitionBucket = View<typeof partitionBucketSchema>;

export const partitionMapViewSchema = view(
  "PartitionMapView",
  z.object({
    definition: partitionsSchema,
    counts: partitionCountsSchema,
    /** One row for partitions of one dimension (`key` null); otherwise one for each key of the dimension that is not the time. */
    rows: z.array(z.object({ key: z.string().nullable(), buckets: z.array(partitionBucketSchema) })),
    /** The ends of what is shown. */
    first: z.string().nullable(),
    last: z.string().nullable(),
    /** How many rows are not listed because there are too many. */
    moreRows: z.number(),
  }),
);
export type PartitionMapView = View<typeof partitionMapViewSchema>;

export const dynamicSetViewSchema = view(
  "DynamicSetView",
  z.object({
    name: z.string(),
    count: z.number(),
    /** Assets that are partitioned by it. */
    assets: z.array(z.string()),
  }),
);
export type DynamicSetView = View<typeof dynamicSetViewSchema>;

export const dynamicKeyViewSchema = view("DynamicKeyView", z.object({ key: z.string(), addedAt: z.number(), addedBy: z.string() }));
export type DynamicKeyView = View<typeof dynamicKeyViewSchema>;

export const partitionProcedures = {
  "partitions.map": query({
    scope: "deployment",
    role: "viewer",
    summary: "All partitions of an asset as counts of neighbouring ones, for a picture.",
    input: z.object({
      key: assetKeySchema,
      first: partitionTextSchema.optional(),
      last: partitionTextSchema.optional(),
      buckets: z.number().int().min(1).max(2000).default(400),
    }),
    output: partitionMapViewSchema,
  }),
  "partitions.sets": query({
    scope: "deployment",
    role: "viewer",
    summary: "The dynamic partition sets.",
    input: null,
    output: z.array(dynamicSetViewSchema),
  }),
  "partitions.keys": query({
    scope: "deployment",
    role: "viewer",
    summary: "Keys of a dynamic set, newest first; `text` is a part of the key.",
    input: z.object({
      name: nameSchema,
      text: z.string().max(400).optional(),
      cursor: cursorSchema,
      limit: limitSchema.default(100),
    }),
    output: pageOf(dynamicKeyViewSchema),
  }),
  "partitions.addKeys": command({
    scope: "deployment",
    role: "editor",
    summary: "Adds keys to a dynamic set.",
    input: z.object({ name: nameSchema, keys: z.array(dynamicKeySchema).min(1).max(1000) }),
    output: dynamicSetViewSchema,
    audit: { target: ({ name }) => name },
  }),
  "partitions.removeKeys": command({
    scope: "deployment",
    role: "editor",
    summary: "Removes keys from a dynamic set.",
    input: z.object({ name: nameSchema, keys: z.array(z.string().max(400)).min(1).max(1000) }),
    output: dynamicSetViewSchema,
    audit: { target: ({ name }) => name },
  }),
};
