/** What the control plane shows of schedules, sensors, webhooks and automation conditions. Types only; times are milliseconds. */
import type { Condition } from "../domain/automation/condition.ts";
import type { EvaluationNode } from "../domain/automation/tree.ts";
import type { WebhookSpec } from "../manifest/automation.ts";
import type { ManifestSensor } from "../manifest/schema.ts";
import type { SensorEvent } from "../sensor/sensor-event.ts";

export type AutomationKind = "schedule" | "sensor";

/** Names one schedule or sensor. */
export interface AutomationRef {
  readonly location: string;
  readonly kind: AutomationKind;
  readonly name: string;
}

export type TickState = "open" | "requested" | "skipped" | "failed";
/** Why a tick was made. */
export type TickCause = "clock" | "catch_up" | "event" | "webhook" | "person" | "retry";

export interface TickSummary extends AutomationRef {
  readonly id: string;
  readonly state: TickState;
  readonly cause: TickCause;
  readonly scheduledFor: number;
  /** When it was decided or sent to an agent; null while it waits for an agent. */
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  /** From its time to its start. */
  readonly lateMs: number | null;
  readonly attempt: number;
  /** Host name. */
  readonly agent: string | null;
  /** Ids, at most the first 100. */
  readonly runs: readonly string[];
  readonly runCount: number;
  /** Of a skipped tick its reason, of a failed one its error. */
  readonly message: string | null;
}

export interface TickDetail extends TickSummary {
  readonly cursorBefore: string | null;
  readonly cursorAfter: string | null;
  readonly stack: string | null;
  readonly logs: readonly { readonly level: string; readonly message: string; readonly at: number }[];
  /** Run keys that had made a run before, with that run. */
  readonly deduplicated: readonly { readonly key: string; readonly run: string | null }[];
  readonly dynamicPartitions: readonly { readonly name: string; readonly added: readonly string[]; readonly removed: readonly string[] }[];
  readonly events: readonly SensorEvent[];
  /** Missed ticks that its catch-up policy gave up. */
  readonly dropped: number;
}

/** A schedule or sensor as it is now; its definition is in the definitions document. */
export interface AutomationView extends AutomationRef {
  readonly sensorKind: ManifestSensor["kind"] | null;
  readonly enabled: boolean;
  /** Who turned it on or off; null: nobody, its definition says so. */
  readonly changed: { readonly by: string; readonly at: number } | null;
  readonly lastTick: TickSummary | null;
  /** Failed ticks since the last one that did not fail. */
  readonly failuresInARow: number;
  /** Newest first, at most 40. */
  readonly recent: readonly { readonly id: string; readonly state: TickState; readonly at: number; readonly lateMs: number | null }[];
  /** Null: off, or woken by events only. */
  readonly nextAt: number | null;
  /** Events and deliveries that wait for their tick. */
  readonly pendingEvents: number;
  /** Why it does not tick though it should: no agent, an evaluation that goes on, a paused location. */
  readonly waiting: string | null;
  readonly hasWebhook: boolean;
}

export interface AutomationDetail {
  readonly automation: AutomationView;
  readonly cursor: string | null;
  /** Of a schedule that is on or off alike: its next times. */
  readonly upcoming: readonly number[];
  readonly hook: HookView | null;
}

/** A tick tried out: nothing of it was stored. */
export interface TickTrial {
  readonly outcome: "evaluated" | "failed";
  readonly runs: readonly {
    readonly runKey: string | null;
    readonly job: string | null;
    readonly selection: string | null;
    readonly partition: string | null;
    readonly tags: Readonly<Record<string, string>>;
    /** Why it would not be made: refused, or made before. */
    readonly problem: string | null;
  }[];
  readonly cursor: string | null;
  readonly message: string | null;
  readonly stack: string | null;
  readonly logs: readonly { readonly level: string; readonly message: string; readonly at: number }[];
  readonly dynamicPartitions: readonly { readonly name: string; readonly added: readonly string[]; readonly removed: readonly string[] }[];
  /** What it would report of assets. */
  readonly reports: readonly {
    readonly type: "materialized" | "observed";
    readonly asset: string;
    readonly partition: string | null;
    /** Why it would be refused. */
    readonly problem: string | null;
  }[];
}

// ------------------------------------------------------------------ webhooks
export interface HookView {
  /** A part of the path, and null where that is. */
  readonly id: string | null;
  readonly location: string;
  readonly sensor: string;
  /**
   * Append it to the control plane's address. Where the address with a secret is wanted it stands in `HookSecret.url`. Null for people below
   * the role editor when nothing but the address protects the hook.
   */
  readonly path: string | null;
  readonly verify: WebhookSpec["verify"];
  readonly enabled: boolean;
  /** At most two are valid at the same time, so that a sender can be changed over. Oldest first. The secret itself is shown once. */
  readonly secrets: readonly {
    readonly id: string;
    readonly createdAt: number;
    readonly createdBy: string;
    readonly lastUsedAt: number | null;
  }[];
  /** Deliveries refused because of their signature, secret or body. */
  readonly refused: number;
  readonly lastRefusedAt: number | null;
  /** The latest of them, newest first, at most ten. */
  readonly refusals: readonly { readonly at: number; readonly reason: string }[];
}
/** The answer of the one call that makes a secret. */
export interface HookSecret {
  readonly hook: HookView;
  readonly secret: string;
  /** The path with the secret, for senders that can set no header; null where the secret is no part of it. */
  readonly url: string | null;
}
export type DeliveryState = "pending" | "requested" | "skipped" | "failed";
export interface DeliverySummary {
  readonly id: string;
  /** The sender's id, by which repeated deliveries are known. */
  readonly senderId: string | null;
  readonly at: number;
  readonly state: DeliveryState;
  readonly bytes: number;
  /** How often the sender sent it. */
  readonly received: number;
  readonly tick: string | null;
  readonly runs: readonly string[];
  readonly message: string | null;
}
export interface DeliveryDetail extends DeliverySummary {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: string;
}

// ------------------------------------------------------------------ conditions
/** `all`, `location:<name>` or `asset:<key>`. */
export type PauseScope = string;
export interface PauseView {
  readonly scope: PauseScope;
  readonly by: string;
  readonly at: number;
  readonly reason: string | null;
  /** Null: until somebody ends it. */
  readonly until: number | null;
}
export interface ConditionEvaluation {
  readonly id: string;
  /** Asset key or check id. */
  readonly target: string;
  readonly at: number;
  /** How many partitions (1: the asset itself) were requested. */
  readonly requested: number;
  /** Of partitioned assets: keys and ranges, a few. */
  readonly partitions: readonly string[] | null;
  readonly runs: readonly string[];
  readonly backfill: string | null;
  /** What was noticed, e.g. "bronze/orders was materialized by run …". */
  readonly cause: string;
  /** Why it could not be evaluated, or its request not be made. */
  readonly error: string | null;
}
export interface ConditionEvaluationDetail extends ConditionEvaluation {
  readonly tree: EvaluationNode | null;
}
export interface ConditionView {
  readonly target: string;
  readonly location: string;
  readonly condition: Condition;
  /** In words. */
  readonly text: string;
  readonly paused: PauseView | null;
  readonly last: ConditionEvaluation | null;
  readonly lastRequestedAt: number | null;
  /** When the clock alone may change it. */
  readonly nextAt: number | null;
}
