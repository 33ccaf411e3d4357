/** Where does one read why a run exists? Its tick, evaluation, backfill or parent; null when a person or program simply asked. Pure. */
import { assertNever } from "@headgate/shared/domain/assert.ts";
import type { RunCause } from "@headgate/shared/contract/runs/run-views.ts";
import { conditionPath } from "#lib/automation/condition-target.ts";
import { backfillPath, runPath, tickPath, type DeploymentRef } from "#lib/paths.ts";

export function triggerHref(ref: DeploymentRef, trigger: RunCause): string | null {
  switch (trigger.type) {
    case "schedule":
    case "sensor":
      return tickPath(ref, { location: trigger.location, kind: trigger.type, name: trigger.name, id: trigger.tick });
    case "condition": {
      const [target] = trigger.targets;
      return target === undefined ? null : conditionPath(ref, target, trigger.evaluation);
    }
    case "backfill":
      return backfillPath(ref, trigger.backfill);
    case "retry":
    case "reexecution":
      return runPath(ref, trigger.parent);
    case "person":
    case "token":
    case "system":
      return null;
    default:
      return assertNever(trigger);
  }
}
