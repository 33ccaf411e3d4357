/** Entry point `@headgate/sdk/trino`: a Trino server as a resource, and what Iceberg tables written through it say about themselves. */
export type { Trino, TrinoExecution, TrinoQueryOptions } from "./client.ts";
export type { BigintMode, TrinoColumn } from "./decode.ts";
export type { TrinoParam } from "./parameters.ts";
export type { TrinoStats } from "./progress.ts";
export type { TrinoRows } from "./rows.ts";
export type { SessionProperties } from "./session-state.ts";
export type { TrinoAuth } from "./settings.ts";
export { isTrinoError, TrinoError, type TrinoErrorType } from "./trino-error.ts";
export { trinoResource, type TrinoOptions } from "./trino-resource.ts";
export {
  icebergMaterialization,
  icebergMetadata,
  type IcebergMaterializationOptions,
  type IcebergMetadataOptions,
  type IcebergPartition,
  schemaChange,
  type SchemaChange,
} from "./iceberg-metadata.ts";
export { icebergTable, type IcebergSnapshot, type IcebergTable } from "./iceberg-table.ts";
