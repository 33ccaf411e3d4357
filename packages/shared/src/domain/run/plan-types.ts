/** What a plan is made from and what it consists of; `plan.ts` makes it. */
import type { PartitionMapping, PartitionsDefinition } from "../partitions/definition.ts";
import type { RetryPolicy } from "./retry-policy.ts";

/** The part of an asset definition that planning, selection and the graph need. */
export interface GraphAsset {
  readonly key: string;
  /** External assets have no unit: nothing here materializes them. */
  readonly unit: string | null;
  readonly location: string;
  readonly group: string;
  readonly kinds: readonly string[];
  readonly owners: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
  /** `input` names the argument that receives the upstream value. */
  readonly deps: readonly { readonly key: string; readonly mapping?: PartitionMapping | undefined; readonly input?: string | undefined }[];
  readonly partitions?: PartitionsDefinition | undefined;
}

/** The unit of execution: one asset, a multi-asset, a dbt project slice or a check of its own. */
export interface PlanUnit {
  readonly id: string;
  /** Code location that defines it; unit ids are unique only within one. */
  readonly location: string;
  readonly kind: "asset" | "multi" | "dbt" | "check";
  readonly assets: readonly string[];
  /** Checks it evaluates, as `<asset key>:<check name>`. */
  readonly checks: readonly string[];
  /** May it run for only some of its assets? */
  readonly subset: boolean;
  readonly retry?: RetryPolicy | undefined;
  readonly timeoutSeconds?: number | undefined;
  /** An attempt that reports nothing for so long has failed. */
  readonly idleTimeoutSeconds?: number | undefined;
  readonly pool?: string | undefined;
  /** Extra upstream assets of a check unit. */
  readonly deps?: readonly string[] | undefined;
}

/** A blocking check keeps the asset's downstream steps of the same run from starting until it passed. */
export interface PlanCheck {
  readonly asset: string;
  readonly name: string;
  readonly unit: string;
  /** Code location of the unit. */
  readonly location: string;
  readonly blocking: boolean;
}

export interface PlanStep {
  /** Readable and unique within the run: `silver/dim_customer`, `dbt:lakehouse`, `dbt:lakehouse#2`, `bronze/events[2025-01-05]`. */
  readonly key: string;
  readonly location: string;
  readonly unit: string;
  readonly kind: PlanUnit["kind"];
  readonly assets: readonly string[];
  readonly checks: readonly string[];
  readonly partition: string | null;
  /** Keys of steps that must have succeeded before this one may start. */
  readonly deps: readonly string[];
  readonly retry: RetryPolicy;
  readonly timeoutSeconds: number | null;
  readonly idleTimeoutSeconds?: number | null | undefined;
  readonly pool: string | null;
}

export interface Plan {
  /** In an order in which they may run one after the other. */
  readonly steps: readonly PlanStep[];
}
