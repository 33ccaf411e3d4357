/** `@headgate/sdk`: what a project imports to define its code location. */
export { defineAsset } from "./asset.ts";
export type { Asset, AssetDescription, AssetOptions, ExecutionOptions } from "./asset.ts";
export { defineAssetCheck } from "./check.ts";
export type { AssetCheck, CheckContext, CheckOptions, CheckSpec } from "./check.ts";
export { defineCodeLocation } from "./code-location.ts";
export type { AssetSource, CodeLocation, CodeLocationOptions, ModuleNamespace, Unit } from "./code-location.ts";
export type { AssetContext, BaseContext, RunInfo } from "./context.ts";
export { withDefaults } from "./defaults.ts";
export type { AssetDefaults } from "./defaults.ts";
export { allPartitions, dep, lastPartition } from "./input.ts";
export type { AllPartitions, Dep, Dependency, Input, LastPartition } from "./input.ts";
export { defineIoManager, NO_VALUE } from "./io-manager.ts";
export type { IoContext, IoManager, IoManagerOptions } from "./io-manager.ts";
export { defineJob } from "./job.ts";
export type { Job, JobOptions } from "./job.ts";
export type { Env, Logger } from "./log.ts";
export { json, md, path, sql, table, tableSchema, url } from "./metadata.ts";
export type { MetadataInput, MetadataRecord, MetadataValue, TableColumn } from "./metadata.ts";
export { defineMultiAsset } from "./multi-asset.ts";
export type { MultiAsset, MultiAssetOptions, MultiOutput, OutputSpec } from "./multi-asset.ts";
export { NonRetryableError } from "./non-retryable-error.ts";
export {
  cronPartitions,
  dailyPartitions,
  dynamicPartitions,
  hourlyPartitions,
  mapping,
  monthlyPartitions,
  multiPartitions,
  staticPartitions,
  weeklyPartitions,
} from "./partitions.ts";
export type { KeyPartition, MultiPartition, PartitionMapping, Partitions, TimePartition } from "./partitions.ts";
export { defineResource } from "./resource.ts";
export type { Folders, Resource, ResourceContext, ResourceOptions } from "./resource.ts";
export { checkResult, materialization } from "./result.ts";
export type { CheckResult, CheckResultOptions, Materialization, MaterializationOptions } from "./result.ts";
export { runRequest, skip } from "./run-request.ts";
export type { Requests, RunConfig, RunRequest, RunRequestOptions, Skip } from "./run-request.ts";
export { defineSchedule } from "./schedule.ts";
export type { Schedule, ScheduleContext, ScheduleOptions } from "./schedule.ts";
export { select } from "./select.ts";
export type { SelectionBuilder } from "./select.ts";
export { defineAssetSensor, defineRunStatusSensor, defineSensor, defineWebhookSensor } from "./sensor.ts";
export type {
  AssetEvent,
  AssetSensorOptions,
  RunEndEvent,
  RunStatusSensorOptions,
  Sensor,
  SensorContext,
  SensorOptions,
  WebhookEvent,
  WebhookSensorOptions,
} from "./sensor.ts";
export { sourceAsset } from "./source-asset.ts";
export type { SourceAsset, SourceAssetOptions } from "./source-asset.ts";
