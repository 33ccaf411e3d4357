/** Entry point `@headgate/sdk/s3`: a bucket as a resource, a sensor for new objects, and an IO manager that keeps values there. */
export { createS3Client } from "./client.ts";
export type { S3, S3CallOptions, S3ClientOptions, S3GetOptions, S3ListOptions, S3Object, S3PutOptions, S3Upload } from "./client.ts";
export type { S3Body, S3ObjectInfo } from "./body.ts";
export { S3Error } from "./errors.ts";
export type { S3ErrorCode } from "./errors.ts";
export { s3FileSensor } from "./s3-file-sensor.ts";
export type { S3FileSensorOptions } from "./s3-file-sensor.ts";
export { s3IoManager } from "./s3-io-manager.ts";
export type { S3IoManagerOptions } from "./s3-io-manager.ts";
export { s3Resource } from "./s3-resource.ts";
export type { S3ResourceOptions } from "./s3-resource.ts";
