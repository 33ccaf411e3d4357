/**
 * Questions and commands of a deployment by topic, as plain function types. The Durable Object answers them through its two methods `ask`
 * and `perform`, whose tables must have an entry for each name; the tRPC router calls them by name. A new one is a line here, its input
 * schema, its query or command, and its line in the router with the role it needs.
 */
import type { InputOf } from "../contract/table.ts";
import type { AutomationDetail, AutomationView, TickDetail, TickSummary } from "../contract/automations/automation-views.ts";
import type { ConditionEvaluation, ConditionEvaluationDetail, ConditionView, PauseView } from "../contract/automations/conditions.ts";
import type { DeliveryDetail, DeliverySummary, WebhookSecret, WebhookView } from "../contract/automations/webhook-views.ts";
import type { BackfillDetail, BackfillPreview, BackfillSummary } from "../contract/runs/backfill-views.ts";
import type { DynamicKeyView, DynamicSetView, PartitionMapView } from "../contract/assets/partitions.ts";
import type { DeploymentSettings } from "../contract/runs/settings.ts";
import type { QueueView } from "../contract/runs/queue.ts";
import type { TimelineView } from "../contract/runs/timeline.ts";
import type { Page } from "../contract/view.ts";

// ------------------------------------------------------------------ schedules and sensors
export interface AutomationQueries {
  automationList(input: InputOf<"automations.list">): Page<AutomationView>;
  automation(input: InputOf<"automations.get">): AutomationDetail;
  ticks(input: InputOf<"automations.ticks">): Page<TickSummary>;
  tick(input: InputOf<"automations.tick">): TickDetail;
}
export interface AutomationCommands {
  /** `enabled: null` gives it back to its definition. */
  setAutomation(input: InputOf<"automations.setEnabled">): AutomationView;
  setCursor(input: InputOf<"automations.setCursor">): AutomationView;
  tickNow(input: InputOf<"automations.tickNow">): AutomationView;
  releaseRunKey(input: InputOf<"automations.releaseRunKey">): AutomationView;
}

// ------------------------------------------------------------------ webhooks
export interface HookQueries {
  hook(input: InputOf<"webhooks.get">): WebhookView;
  deliveries(input: InputOf<"webhooks.deliveries">): Page<DeliverySummary>;
  delivery(input: InputOf<"webhooks.delivery">): DeliveryDetail;
}
export interface HookCommands {
  setHook(input: InputOf<"webhooks.setEnabled">): WebhookView;
  /** A new secret; of two older ones the oldest becomes invalid. */
  rotateHookSecret(input: InputOf<"webhooks.get">): WebhookSecret;
  revokeHookSecret(input: InputOf<"webhooks.revokeSecret">): WebhookView;
  /** Handles a stored delivery again, as if it came now. Its run keys still make no second run. */
  replayDelivery(input: InputOf<"webhooks.delivery">): DeliverySummary;
}

// ------------------------------------------------------------------ conditions and reports from outside
export interface ConditionQueries {
  conditions(input: InputOf<"conditions.list">): Page<ConditionView>;
  condition(input: InputOf<"conditions.get">): ConditionView;
  evaluations(input: InputOf<"conditions.evaluations">): Page<ConditionEvaluation>;
  evaluation(input: InputOf<"conditions.evaluation">): ConditionEvaluationDetail;
  pauses(input: undefined): readonly PauseView[];
}
export interface ConditionCommands {
  pause(input: InputOf<"conditions.pause">): readonly PauseView[];
  unpause(input: InputOf<"conditions.unpause">): readonly PauseView[];
  reportAsset(input: InputOf<"assets.report">): { readonly seq: number };
  reportCheck(input: InputOf<"assets.reportCheck">): { readonly seq: number };
}

// ------------------------------------------------------------------ partitions and backfills
export interface PartitionQueries {
  partitionMap(input: InputOf<"partitions.map">): PartitionMapView;
  dynamicSets(input: undefined): readonly DynamicSetView[];
  dynamicKeys(input: InputOf<"partitions.keys">): Page<DynamicKeyView>;
  previewBackfill(input: InputOf<"backfills.preview">): BackfillPreview;
  backfillList(input: InputOf<"backfills.list">): Page<BackfillSummary>;
  backfill(input: InputOf<"backfills.get">): BackfillDetail;
}
export interface PartitionCommands {
  addDynamicKeys(input: InputOf<"partitions.addKeys">): DynamicSetView;
  removeDynamicKeys(input: InputOf<"partitions.removeKeys">): DynamicSetView;
  launchBackfill(input: InputOf<"backfills.launch">): BackfillSummary;
  pauseBackfill(input: InputOf<"backfills.get">): BackfillSummary;
  resumeBackfill(input: InputOf<"backfills.get">): BackfillSummary;
  /** Runs that go on are canceled, nothing new starts. */
  cancelBackfill(input: InputOf<"backfills.get">): BackfillSummary;
  /** Failed and canceled runs, and what was blocked by them, start again. */
  retryBackfill(input: InputOf<"backfills.get">): BackfillSummary;
}

// ------------------------------------------------------------------ queue and times
export interface QueueQueries {
  queue(input: undefined): QueueView;
  settings(input: undefined): DeploymentSettings;
  timeline(input: InputOf<"timeline.get">): TimelineView;
}
export interface QueueCommands {
  changeSettings(input: InputOf<"settings.update">): DeploymentSettings;
}

/** A topic joins when the control plane answers it. */
export interface DeploymentQueries extends AutomationQueries, ConditionQueries, PartitionQueries, HookQueries, QueueQueries {}
export interface DeploymentCommands extends AutomationCommands, ConditionCommands, PartitionCommands, HookCommands, QueueCommands {}

export type QueryName = keyof DeploymentQueries;
export type CommandName = keyof DeploymentCommands;
type Fn = (input: never) => unknown;
export type InputOf<F> = F extends (input: infer I) => unknown ? I : never;
export type AnswerOf<F> = F extends Fn ? ReturnType<F> : never;
