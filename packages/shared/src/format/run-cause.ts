/** Why a run exists, in the same words in the dashboard and on the terminal. */
import { assertNever } from "../domain/assert.ts";
import type { RunCause } from "../contract/runs/run-views.ts";
import { shortRunId } from "../ids.ts";

export function formatRunCause(cause: RunCause): string {
  switch (cause.type) {
    case "person":
      return cause.user;
    case "token":
      return `token ${cause.name}`;
    case "schedule":
      return `schedule ${cause.name}`;
    case "sensor":
      return cause.event === undefined ? `sensor ${cause.name}` : `sensor ${cause.name}: ${cause.event}`;
    case "condition": {
      const [first = "", ...others] = cause.targets;
      return `condition of ${first}${others.length > 0 ? ` and ${others.length} more` : ""}`;
    }
    case "backfill":
      return `backfill by ${cause.by}`;
    case "retry":
      return `retry ${cause.attempt} of ${cause.of} of ${shortRunId(cause.parent)}`;
    case "reexecution":
      return `${cause.mode === "from_failure" ? "retry from failure" : "re-execution"} of ${shortRunId(cause.parent)} by ${cause.by}`;
    case "system":
      return cause.reason;
    default:
      return assertNever(cause);
  }
}
