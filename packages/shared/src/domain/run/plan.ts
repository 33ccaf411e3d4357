/**
 * Plans the steps of a run. The selected assets and checks become steps in an order in which they may run one after the
 * other. Refuses what cannot be planned: unknown keys, nothing to do, a circle between units or made by a blocking check.
 */
import { checkId } from "../asset-check.ts";
import { nearestKeys } from "../asset-key.ts";
import { ok, refuse, type Result } from "../errors.ts";
import { buildPlanNodes } from "./plan-nodes.ts";
import { sliceSteps } from "./plan-slices.ts";
import type { PlanInput } from "./plan-input.ts";
import type { Plan } from "./plan-types.ts";

export function makePlan(input: PlanInput): Result<Plan> {
  const known = refuseUnknown(input);
  if (!known.ok) return known;
  const nodes = buildPlanNodes(input);
  if (nodes.list.length === 0) {
    return refuse(
      "invalid_selection",
      "The selection contains nothing that can be materialized or checked: external assets have no code here. Select at least one other asset.",
    );
  }
  if (input.partition !== null && !nodes.list.some((node) => node.partitioned)) {
    return refuse(
      "invalid_input",
      `Partition "${input.partition}" was given, but no selected asset is partitioned. Leave the partition out.`,
    );
  }
  const steps = sliceSteps(nodes, input.partition);
  if (steps.ok) return ok({ steps: steps.value });
  return steps;
}

function refuseUnknown(input: PlanInput): Result<null> {
  for (const key of input.selectedAssets) {
    if (input.graph.has(key)) continue;
    const nearest = nearestKeys(key, input.graph.keys, 3);
    return refuse("not_found", `There is no asset "${key}".${nearest.length > 0 ? ` Did you mean ${nearest.join(", ")}?` : ""}`, {
      asset: key,
      nearest,
    });
  }
  if (!input.selectedChecks) return ok(null);
  const ids = new Set(input.checks.map(checkId));
  for (const id of input.selectedChecks) {
    if (ids.has(id)) continue;
    const nearest = nearestKeys(id, ids, 3);
    return refuse("not_found", `There is no check "${id}".${nearest.length > 0 ? ` Did you mean ${nearest.join(", ")}?` : ""}`, {
      check: id,
      nearest,
    });
  }
  return ok(null);
}
