/** Schemas of metadata, made from the table of its types. */
import { z } from "zod";
import { METADATA_TYPES, type Metadata, type MetadataForms, type MetadataValue } from "../domain/metadata.ts";

export const tableColumnSchema = z.object({
  name: z.string(),
  type: z.string(),
  description: z.string().optional(),
  nullable: z.boolean().optional(),
  unique: z.boolean().optional(),
  tags: z.record(z.string(), z.string()).optional(),
});

const formSchemas: { readonly [F in keyof MetadataForms]: z.ZodType<MetadataForms[F]> } = {
  number: z.number(),
  text: z.string(),
  boolean: z.boolean(),
  json: z.unknown(),
  instant: z.number(),
  table: z.object({ columns: z.array(tableColumnSchema), records: z.array(z.record(z.string(), z.unknown())) }),
  columns: z.object({ columns: z.array(tableColumnSchema) }),
  lineage: z.record(z.string(), z.array(z.object({ asset: z.string(), column: z.string() }))),
};

const valueSchemas = Object.entries(METADATA_TYPES).map(([type, { form }]) =>
  z.object({ type: z.literal(type), ...(form !== null && { value: formSchemas[form] }) }),
);
type ValueSchema = (typeof valueSchemas)[number];
export const metadataValueSchema = z.discriminatedUnion(
  "type",
  valueSchemas as [ValueSchema, ...ValueSchema[]],
) as z.ZodType<unknown> as z.ZodType<MetadataValue>;
export const metadataSchema: z.ZodType<Metadata> = z.record(z.string().max(200), metadataValueSchema);
