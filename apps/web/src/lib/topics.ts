/** How are the topics of `shared/api/procedures.ts` called? Each procedure of the router by its path, typed by the contract itself. */
import type { automationInputs } from "@headgate/shared/api/automation-inputs.ts";
import type { TickTrial } from "@headgate/shared/api/automation-views.ts";
import type {
  AnswerOf,
  AutomationCommands,
  AutomationQueries,
  ConditionCommands,
  ConditionQueries,
  HookCommands,
  HookQueries,
  PartitionCommands,
  PartitionQueries,
  QueueCommands,
  QueueQueries,
} from "@headgate/shared/api/procedures.ts";

type Given<K extends keyof typeof automationInputs> = (typeof automationInputs)[K]["_zod"]["input"];
interface Query<K extends keyof typeof automationInputs, F> {
  query(input: Given<K>): Promise<AnswerOf<F>>;
}
interface PlainQuery<F> {
  query(): Promise<AnswerOf<F>>;
}
interface Mutation<K extends keyof typeof automationInputs, F> {
  mutate(input: Given<K>): Promise<AnswerOf<F>>;
}

export interface TopicsApi {
  readonly automations: {
    readonly list: Query<"automationList", AutomationQueries["automationList"]>;
    readonly get: Query<"automation", AutomationQueries["automation"]>;
    readonly ticks: Query<"ticks", AutomationQueries["ticks"]>;
    readonly tick: Query<"tick", AutomationQueries["tick"]>;
    readonly setEnabled: Mutation<"setAutomation", AutomationCommands["setAutomation"]>;
    readonly setCursor: Mutation<"setCursor", AutomationCommands["setCursor"]>;
    readonly tickNow: Mutation<"tickNow", AutomationCommands["tickNow"]>;
    readonly test: { mutate(input: Given<"testTick">): Promise<TickTrial> };
    readonly releaseRunKey: Mutation<"releaseRunKey", AutomationCommands["releaseRunKey"]>;
  };
  readonly webhooks: {
    readonly get: Query<"hook", HookQueries["hook"]>;
    readonly setEnabled: Mutation<"setHook", HookCommands["setHook"]>;
    readonly rotateSecret: Mutation<"hook", HookCommands["rotateHookSecret"]>;
    readonly revokeSecret: Mutation<"revokeHookSecret", HookCommands["revokeHookSecret"]>;
    readonly deliveries: Query<"deliveries", HookQueries["deliveries"]>;
    readonly delivery: Query<"delivery", HookQueries["delivery"]>;
    readonly replay: Mutation<"delivery", HookCommands["replayDelivery"]>;
  };
  readonly conditions: {
    readonly list: Query<"conditions", ConditionQueries["conditions"]>;
    readonly get: Query<"condition", ConditionQueries["condition"]>;
    readonly evaluations: Query<"evaluations", ConditionQueries["evaluations"]>;
    readonly evaluation: Query<"evaluation", ConditionQueries["evaluation"]>;
    readonly pauses: PlainQuery<ConditionQueries["pauses"]>;
    readonly pause: Mutation<"pause", ConditionCommands["pause"]>;
    readonly unpause: Mutation<"unpause", ConditionCommands["unpause"]>;
  };
  readonly partitions: {
    readonly map: Query<"partitionMap", PartitionQueries["partitionMap"]>;
    readonly sets: PlainQuery<PartitionQueries["dynamicSets"]>;
    readonly keys: Query<"dynamicKeys", PartitionQueries["dynamicKeys"]>;
    readonly addKeys: Mutation<"addDynamicKeys", PartitionCommands["addDynamicKeys"]>;
    readonly removeKeys: Mutation<"removeDynamicKeys", PartitionCommands["removeDynamicKeys"]>;
  };
  readonly backfills: {
    readonly preview: Query<"previewBackfill", PartitionQueries["previewBackfill"]>;
    readonly launch: Mutation<"launchBackfill", PartitionCommands["launchBackfill"]>;
    readonly list: Query<"backfillList", PartitionQueries["backfillList"]>;
    readonly get: Query<"backfill", PartitionQueries["backfill"]>;
    readonly pause: Mutation<"backfill", PartitionCommands["pauseBackfill"]>;
    readonly resume: Mutation<"backfill", PartitionCommands["resumeBackfill"]>;
    readonly cancel: Mutation<"backfill", PartitionCommands["cancelBackfill"]>;
    readonly retry: Mutation<"backfill", PartitionCommands["retryBackfill"]>;
  };
  readonly queue: { readonly get: PlainQuery<QueueQueries["queue"]> };
  readonly settings: {
    readonly get: PlainQuery<QueueQueries["settings"]>;
    readonly update: Mutation<"settings", QueueCommands["changeSettings"]>;
  };
  readonly timeline: { readonly get: Query<"timeline", QueueQueries["timeline"]> };
}
