/** Why does a run exist? The same words in the dashboard and on the terminal. */
import { assertNever } from "../domain/assert.ts";
import type { RunCause } from "../contract/runs/run-views.ts";

/** `…019a0c41` would be too long for a list: the end of an id is enough to recognise it. */
export function shortRunId(id: string): string {
  return id.slice(-8);
}

export function triggerText(trigger: RunCause): string {
  switch (trigger.type) {
    case "person":
      return trigger.user;
    case "token":
      return `token ${trigger.name}`;
    case "schedule":
      return `schedule ${trigger.name}`;
    case "sensor":
      return trigger.event === undefined ? `sensor ${trigger.name}` : `sensor ${trigger.name}: ${trigger.event}`;
    case "condition": {
      const [first = "", ...others] = trigger.targets;
      return `condition of ${first}${others.length > 0 ? ` and ${others.length} more` : ""}`;
    }
    case "backfill":
      return `backfill by ${trigger.by}`;
    case "retry":
      return `retry ${trigger.attempt} of ${trigger.of} of ${shortRunId(trigger.parent)}`;
    case "reexecution":
      return `${trigger.mode === "from_failure" ? "retry from failure" : "re-execution"} of ${shortRunId(trigger.parent)} by ${trigger.by}`;
    case "system":
      return trigger.reason;
    default:
      return assertNever(trigger);
  }
}
