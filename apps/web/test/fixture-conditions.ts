/** Conditions, their evaluations and pauses of the fixture deployment. Deterministic but for the present time. */
import type {
  ConditionEvaluation,
  ConditionEvaluationDetail,
  ConditionView,
  PauseView,
} from "@headgate/shared/contract/automations/conditions.ts";
import { childrenOf, type Condition } from "@headgate/shared/domain/automation/condition.ts";
import { describeCondition, nodeName } from "@headgate/shared/domain/automation/describe.ts";
import type { EvaluationNode } from "@headgate/shared/domain/automation/tree.ts";
import { runId } from "./fixture-data.ts";
import type { FixtureAsset } from "./fixture-definitions.ts";

const MINUTE = 60_000;

export function sampleEvaluations(target: string, now: number): ConditionEvaluation[] {
  const partitioned = target === "gold/daily_orders";
  return Array.from({ length: 24 }, (_, index) => {
    const requested = index % 3 === 0 ? (partitioned && index === 3 ? 22 : 1) : 0;
    const error =
      index === 7 ? "Its dependency silver/dim_customer has no definition any more. Publish it again, or remove the dependency." : null;
    return {
      id: `ev-${target}-${index}`,
      target,
      at: now - 6 * MINUTE - index * 71 * MINUTE,
      requested: error === null ? requested : 0,
      partitions: partitioned ? (requested > 1 ? ["2026-10-31...2026-11-20", "2026-11-22"] : requested === 1 ? ["2026-11-22"] : []) : null,
      runs: requested === 1 ? [runId(1)] : [],
      backfill: requested > 1 ? "bf-3" : null,
      cause: `silver/dim_customer was materialized by run ${runId(1).slice(-8)}`,
      error,
    };
  });
}

function treeOf(condition: Condition, target: string, state: { holds: boolean; asked: number; now: number }): EvaluationNode {
  const { holds, asked, now } = state;
  const children = childrenOf(condition).map((child, index) =>
    treeOf(child, target, { holds: condition.type === "not" ? !holds : holds && index % 3 !== 2, asked, now }),
  );
  const count = holds ? asked : condition.type === "since" && asked > 1 ? 1 : 0;
  return {
    name: nodeName(condition),
    ...(condition.label === undefined ? {} : { label: condition.label }),
    target,
    asked,
    count,
    ...(asked > 1 && count > 0 ? { partitions: ["2026-10-31...2026-11-20", "2026-11-22"] } : {}),
    ...(condition.type === "newly_updated" ? { at: now - 6 * MINUTE } : {}),
    children,
  };
}

export function evaluationDetailOf(evaluation: ConditionEvaluation, asset: FixtureAsset, now: number): ConditionEvaluationDetail {
  const { automation } = asset;
  if (!automation || evaluation.error !== null) return { ...evaluation, tree: null };
  return { ...evaluation, tree: treeOf(automation, asset.key, { holds: evaluation.requested > 0, asked: asset.partitions ? 22 : 1, now }) };
}

export function conditionViewOf(asset: FixtureAsset, pauses: readonly PauseView[], now: number): ConditionView | null {
  const { automation, key } = asset;
  if (!automation) return null;
  const evaluations = sampleEvaluations(key, now);
  return {
    target: key,
    location: asset.location,
    condition: automation,
    text: describeCondition(automation),
    off: null,
    paused: pauses.find(({ scope }) => scope === "all" || scope === `location:${asset.location}` || scope === `asset:${key}`) ?? null,
    last: evaluations[0] ?? null,
    lastRequestedAt: evaluations.find((entry) => entry.requested > 0)?.at ?? null,
    nextAt: key === "gold/daily_orders" ? now + 3 * 60 * MINUTE : null,
  };
}
