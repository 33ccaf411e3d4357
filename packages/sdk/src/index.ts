/** `@headgate/sdk`: what a project imports to define its code location. */
export { automation, freshness } from "./options/automation.ts";
export type { AutomationCondition, AutomationOption, FreshnessPolicy, StatedAutomation } from "./options/automation.ts";
export { defineAsset } from "./definitions/asset.ts";
export type { AssetOptions } from "./definitions/asset.ts";
export type { Asset, AssetDescription, ExecutionOptions } from "./definitions/asset-type.ts";
export { defineAssetCheck } from "./definitions/check.ts";
export type { AssetCheck, AssetCheckOptions, CheckContext, CheckOptions, CheckSpec } from "./definitions/check.ts";
export { defineCodeLocation } from "./code-location.ts";
export type { AssetSource, CodeLocation, CodeLocationOptions, ModuleNamespace } from "./code-location.ts";
export type { Unit } from "./definitions/unit.ts";
export type { AssetContext } from "./definitions/context.ts";
export type { BaseContext, RunInfo } from "./definitions/base-context.ts";
export { withDefaults } from "./definitions/defaults.ts";
export type { AssetDefaults } from "./definitions/defaults.ts";
export type { EnvValue } from "./values/env-value.ts";
export { fileSensor } from "./automation/file-sensor.ts";
export type { FileSensorOptions, LocalFile } from "./automation/file-sensor.ts";
export { allPartitions, dep, lastPartition } from "./definitions/input.ts";
export type { AllPartitions, Dep, Dependency, Input, LastPartition } from "./definitions/asset-type.ts";
export { defineIoManager, NO_VALUE } from "./definitions/io-manager.ts";
export type { IoContext, IoManager, IoManagerOptions } from "./definitions/io-manager.ts";
export { defineJob } from "./definitions/job.ts";
export type { Job, JobOptions, RunRetryOptions } from "./definitions/job.ts";
export type { Duration } from "./options/duration.ts";
export { AppError } from "@headgate/shared/domain/errors.ts";
export type { ErrorCode } from "@headgate/shared/domain/errors.ts";
export type { RetryPolicy } from "./options/retry-policy.ts";
export type { Env, Logger } from "./values/log.ts";
export { json, md, path, sql, table, tableSchema, url } from "./values/metadata.ts";
export type { MetadataInput, MetadataRecord, MetadataValue, TableColumn } from "./values/metadata.ts";
export { defineMultiAsset } from "./definitions/multi-asset.ts";
export type { MultiAsset, MultiAssetOptions, MultiOutput, OutputSpec } from "./definitions/multi-asset.ts";
export { defineObservableAsset } from "./definitions/observable-asset.ts";
export type { ObservableAssetOptions } from "./definitions/observable-asset.ts";
export { NonRetryableError } from "./values/non-retryable-error.ts";
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
} from "./options/partitions.ts";
export type {
  CronPartitionsOptions,
  DailyPartitionsOptions,
  KeyPartition,
  MonthlyPartitionsOptions,
  MultiPartition,
  PartitionMapping,
  PartitionRange,
  Partitions,
  TimePartition,
  TimePartitionsOptions,
  WeeklyPartitionsOptions,
} from "./options/partitions.ts";
export { defineResource } from "./definitions/resource.ts";
export type { Folders, Resource, ResourceContext, ResourceOptions } from "./definitions/resource.ts";
export { checkResult, materialization, observation } from "./values/result.ts";
export type {
  CheckResult,
  CheckResultOptions,
  Materialization,
  MaterializationOptions,
  Observation,
  ObservationOptions,
} from "./values/result.ts";
export { runRequest, skip } from "./automation/run-request.ts";
export type { RunRequest, RunRequestOptions, Skip } from "./automation/run-request.ts";
export type { RunConfig } from "./definitions/run-config.ts";
export { addPartitions, removePartitions, reportMaterialization, reportObservation } from "./automation/tick-request.ts";
export type { AssetReport, AssetReportOptions, DynamicPartitionsRequest, Requests, TickItem } from "./automation/tick-request.ts";
export { defineSchedule } from "./automation/schedule.ts";
export type { Schedule, ScheduleContext, ScheduleOptions } from "./automation/schedule.ts";
export { select } from "./options/select.ts";
export type { SelectionBuilder } from "./options/select.ts";
export type { Sensor, SensorContext } from "./automation/sensors/sensor.ts";
// A new kind of sensor goes into one of these two files.
export * from "./automation/sensors/asset-sensors.ts";
export * from "./automation/sensors/deployment-sensors.ts";
export { defineSensor } from "./automation/sensors/polling-sensor.ts";
export type { ReadyMadeSensorOptions, SensorOptions } from "./automation/sensors/polling-sensor.ts";
export { defineWebhookSensor } from "./automation/sensors/webhook-sensor.ts";
export type { WebhookEvent, WebhookMapping, WebhookOptions, WebhookSensorOptions } from "./automation/sensors/webhook-sensor.ts";
export { defineSourceAsset, sourceAsset } from "./definitions/source-asset.ts";
export type { SourceAsset, SourceAssetOptions } from "./definitions/asset-type.ts";
