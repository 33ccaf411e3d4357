/** `@headgate/sdk`: what a project imports to define its code location. */
export { automation, freshness } from "./automation.ts";
export type { AutomationCondition, FreshnessPolicy } from "./automation.ts";
export { defineAsset } from "./asset.ts";
export type { Asset, AssetDescription, AssetOptions, ExecutionOptions } from "./asset.ts";
export { defineAssetCheck } from "./check.ts";
export type { AssetCheck, AssetCheckOptions, CheckContext, CheckOptions, CheckSpec } from "./check.ts";
export { defineCodeLocation } from "./code-location.ts";
export type { AssetSource, CodeLocation, CodeLocationOptions, ModuleNamespace, Unit } from "./code-location.ts";
export type { AssetContext, BaseContext, RunInfo } from "./context.ts";
export { withDefaults } from "./defaults.ts";
export type { AssetDefaults } from "./defaults.ts";
export type { EnvValue } from "./env-value.ts";
export { fileSensor } from "./file-sensor.ts";
export type { FileSensorOptions, LocalFile } from "./file-sensor.ts";
export { allPartitions, dep, lastPartition } from "./input.ts";
export type { AllPartitions, Dep, Dependency, Input, LastPartition } from "./input.ts";
export { defineIoManager, NO_VALUE } from "./io-manager.ts";
export type { IoContext, IoManager, IoManagerOptions } from "./io-manager.ts";
export { defineJob } from "./job.ts";
export type { Job, JobOptions, RunRetryOptions } from "./job.ts";
export type { Duration } from "./duration.ts";
export { AppError } from "@headgate/shared/domain/errors.ts";
export type { ErrorCode } from "@headgate/shared/domain/errors.ts";
export type { RetryPolicy } from "./retry-policy.ts";
export type { Env, Logger } from "./log.ts";
export { json, md, path, sql, table, tableSchema, url } from "./metadata.ts";
export type { MetadataInput, MetadataRecord, MetadataValue, TableColumn } from "./metadata.ts";
export { defineMultiAsset } from "./multi-asset.ts";
export type { MultiAsset, MultiAssetOptions, MultiOutput, OutputSpec } from "./multi-asset.ts";
export { defineObservableAsset } from "./observable-asset.ts";
export type { ObservableAssetOptions } from "./observable-asset.ts";
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
export type { KeyPartition, MultiPartition, PartitionMapping, PartitionRange, Partitions, TimePartition } from "./partitions.ts";
export { defineResource } from "./resource.ts";
export type { Folders, Resource, ResourceContext, ResourceOptions } from "./resource.ts";
export { checkResult, materialization, observation } from "./result.ts";
export type {
  CheckResult,
  CheckResultOptions,
  Materialization,
  MaterializationOptions,
  Observation,
  ObservationOptions,
} from "./result.ts";
export { runRequest, skip } from "./run-request.ts";
export type { RunConfig, RunRequest, RunRequestOptions, Skip } from "./run-request.ts";
export { addPartitions, removePartitions, reportMaterialization, reportObservation } from "./tick-request.ts";
export type { AssetReport, AssetReportOptions, DynamicPartitionsRequest, Requests, TickItem } from "./tick-request.ts";
export { defineSchedule } from "./schedule.ts";
export type { Schedule, ScheduleContext, ScheduleOptions } from "./schedule.ts";
export { select } from "./select.ts";
export type { SelectionBuilder } from "./select.ts";
export {
  defineAssetSensor,
  defineCheckSensor,
  defineMultiAssetSensor,
  defineRunStatusSensor,
  defineSensor,
  defineWebhookSensor,
} from "./sensor.ts";
export type {
  AssetSensorOptions,
  CheckSensorOptions,
  MultiAssetSensorOptions,
  RunStatusSensorOptions,
  Sensor,
  SensorContext,
  SensorOptions,
  WebhookMapping,
  WebhookOptions,
  WebhookSensorOptions,
} from "./sensor.ts";
export type { AssetEvent, AssetsEvent, CheckEvent, RunEndEvent, WebhookEvent } from "./sensor-events.ts";
export { defineSourceAsset, sourceAsset } from "./source-asset.ts";
export type { SourceAsset, SourceAssetOptions } from "./source-asset.ts";
