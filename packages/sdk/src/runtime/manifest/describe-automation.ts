/** Translates an asset's automation, freshness and backfill options into the manifest and reports mistakes. */
import { buildAssetGraph } from "@headgate/shared/domain/asset-graph.ts";
import type { Condition } from "@headgate/shared/domain/automation/condition.ts";
import { readCondition } from "@headgate/shared/domain/automation/condition-json.ts";
import { prepareAutomation } from "@headgate/shared/domain/automation/program.ts";
import { refuse, type Result } from "@headgate/shared/domain/errors.ts";
import { openFreshnessPolicy } from "@headgate/shared/domain/health/freshness-policy.ts";
import type { ManifestAsset } from "@headgate/shared/manifest/schema.ts";
import { statedAutomation } from "../../options/automation.ts";
import type { AssetDescription } from "../../definitions/asset-type.ts";

export function automationOf(
  options: Pick<AssetDescription, "automation" | "freshness" | "backfill">,
  report: (message: string) => void,
): Pick<ManifestAsset, "automation" | "automationStatus" | "freshness" | "backfill"> {
  const { automation, freshness, backfill } = options;
  const stated = automation === undefined ? undefined : statedAutomation(automation);
  const condition = stated && checked(stated.condition);
  const status = stated?.defaultStatus;
  const isStatus = status === "running" || status === "stopped";
  if (status !== undefined && !isStatus) report(`its 'defaultStatus' must be "running" or "stopped", not ${JSON.stringify(status)}.`);
  if (condition?.ok === false) report(`its automation condition is wrong: ${condition.error.message}`);
  const policy = freshness === undefined ? undefined : openFreshnessPolicy(freshness);
  if (policy?.ok === false) report(policy.error.message);
  const perRun = backfill?.maxPartitionsPerRun;
  const isAllowed = perRun === undefined || perRun === "all" || (Number.isInteger(perRun) && perRun >= 1);
  if (!isAllowed) report(`'backfill.maxPartitionsPerRun' must be "all" or a whole number of at least 1, not ${perRun}.`);
  return {
    ...(condition?.ok === true && { automation: condition.value, ...(isStatus && { automationStatus: status }) }),
    ...(policy?.ok === true && { freshness }),
    ...(perRun !== undefined && isAllowed && { backfill: { maxPartitionsPerRun: perRun === "all" ? null : perRun } }),
  };
}

const TARGET = "target";
const NOTHING = buildAssetGraph([]);

/** Its form, and the crons, time zones and selections written in it. */
function checked(automation: unknown): Result<Condition> {
  const condition = readCondition(automation);
  if (!condition.ok) return condition;
  const prepared = prepareAutomation({ graph: NOTHING, conditions: new Map([[TARGET, condition.value]]) });
  return prepared.ok
    ? condition
    : refuse(prepared.error.code, prepared.error.message.replace(`The automation condition of ${TARGET}: `, ""));
}
