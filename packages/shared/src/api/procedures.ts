/**
 * Questions and commands of a deployment by topic, as plain function types. The Durable Object answers them through its two methods `ask`
 * and `perform`, whose tables must have an entry for each name; the tRPC router calls them by name. A new one is a line here, its input
 * schema, its query or command, and its line in the router with the role it needs.
 */
import type { z } from "zod";
import type { automationInputs } from "./automation-inputs.ts";
import type {
  AutomationDetail,
  AutomationView,
  ConditionEvaluation,
  ConditionEvaluationDetail,
  ConditionView,
  DeliveryDetail,
  DeliverySummary,
  HookSecret,
  HookView,
  PauseView,
  TickDetail,
  TickSummary,
} from "./automation-views.ts";
import type {
  BackfillDetail,
  BackfillPreview,
  BackfillSummary,
  DynamicKeyView,
  DynamicSetView,
  PartitionMapView,
} from "./partition-views.ts";
import type { DeploymentSettings, QueueView, TimelineView } from "./queue-views.ts";
import type { Page } from "./views.ts";

type In<K extends keyof typeof automationInputs> = z.output<(typeof automationInputs)[K]>;

// ------------------------------------------------------------------ schedules and sensors
export interface AutomationQueries {
  automationList(input: In<"automationList">): Page<AutomationView>;
  automation(input: In<"automation">): AutomationDetail;
  ticks(input: In<"ticks">): Page<TickSummary>;
  tick(input: In<"tick">): TickDetail;
}
export interface AutomationCommands {
  /** `enabled: null` gives it back to its definition. */
  setAutomation(input: In<"setAutomation">): AutomationView;
  setCursor(input: In<"setCursor">): AutomationView;
  tickNow(input: In<"tickNow">): AutomationView;
  releaseRunKey(input: In<"releaseRunKey">): AutomationView;
}

// ------------------------------------------------------------------ webhooks
export interface HookQueries {
  hook(input: In<"hook">): HookView;
  deliveries(input: In<"deliveries">): Page<DeliverySummary>;
  delivery(input: In<"delivery">): DeliveryDetail;
}
export interface HookCommands {
  setHook(input: In<"setHook">): HookView;
  /** A new secret; of two older ones the oldest becomes invalid. */
  rotateHookSecret(input: In<"hook">): HookSecret;
  revokeHookSecret(input: In<"revokeHookSecret">): HookView;
  /** Handles a stored delivery again, as if it came now. Its run keys still make no second run. */
  replayDelivery(input: In<"delivery">): DeliverySummary;
}

// ------------------------------------------------------------------ conditions and reports from outside
export interface ConditionQueries {
  conditions(input: In<"conditions">): Page<ConditionView>;
  condition(input: In<"condition">): ConditionView;
  evaluations(input: In<"evaluations">): Page<ConditionEvaluation>;
  evaluation(input: In<"evaluation">): ConditionEvaluationDetail;
  pauses(input: undefined): readonly PauseView[];
}
export interface ConditionCommands {
  pause(input: In<"pause">): readonly PauseView[];
  unpause(input: In<"unpause">): readonly PauseView[];
  reportAsset(input: In<"reportAsset">): { readonly seq: number };
  reportCheck(input: In<"reportCheck">): { readonly seq: number };
}

// ------------------------------------------------------------------ partitions and backfills
export interface PartitionQueries {
  partitionMap(input: In<"partitionMap">): PartitionMapView;
  dynamicSets(input: undefined): readonly DynamicSetView[];
  dynamicKeys(input: In<"dynamicKeys">): Page<DynamicKeyView>;
  previewBackfill(input: In<"previewBackfill">): BackfillPreview;
  backfillList(input: In<"backfillList">): Page<BackfillSummary>;
  backfill(input: In<"backfill">): BackfillDetail;
}
export interface PartitionCommands {
  addDynamicKeys(input: In<"addDynamicKeys">): DynamicSetView;
  removeDynamicKeys(input: In<"removeDynamicKeys">): DynamicSetView;
  launchBackfill(input: In<"launchBackfill">): BackfillSummary;
  pauseBackfill(input: In<"backfill">): BackfillSummary;
  resumeBackfill(input: In<"backfill">): BackfillSummary;
  /** Runs that go on are canceled, nothing new starts. */
  cancelBackfill(input: In<"backfill">): BackfillSummary;
  /** Failed and canceled runs, and what was blocked by them, start again. */
  retryBackfill(input: In<"backfill">): BackfillSummary;
}

// ------------------------------------------------------------------ queue and times
export interface QueueQueries {
  queue(input: undefined): QueueView;
  settings(input: undefined): DeploymentSettings;
  timeline(input: In<"timeline">): TimelineView;
}
export interface QueueCommands {
  changeSettings(input: In<"settings">): DeploymentSettings;
}

/** A topic joins when the control plane answers it. */
export interface DeploymentQueries extends AutomationQueries, ConditionQueries, PartitionQueries, HookQueries, QueueQueries {}
export interface DeploymentCommands extends AutomationCommands, ConditionCommands, PartitionCommands, HookCommands, QueueCommands {}

export type QueryName = keyof DeploymentQueries;
export type CommandName = keyof DeploymentCommands;
type Fn = (input: never) => unknown;
export type InputOf<F> = F extends (input: infer I) => unknown ? I : never;
export type AnswerOf<F> = F extends Fn ? ReturnType<F> : never;
