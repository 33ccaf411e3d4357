/** Which words say what a run is about and why it exists? The same on every page. */
import { assertNever } from "@headgate/shared/domain/assert.ts";
import type { RunSummary, RunTrigger } from "@headgate/shared/api/views.ts";
import { selectionWords } from "#lib/format/selection-words.ts";

/** `019a…c41f`: enough to recognise; the full id is in the address. */
export function shortRunId(id: string): string {
  return id.slice(-8);
}

/** What runs: the job's name, or the selection as it was typed. */
export function runTitle(run: Pick<RunSummary, "job" | "selection">): string {
  return run.job ?? selectionWords(run.selection);
}

export function triggerText(trigger: RunTrigger): string {
  switch (trigger.type) {
    case "person":
      return trigger.user;
    case "token":
      return `token ${trigger.name}`;
    case "schedule":
      return `schedule ${trigger.name}`;
    case "sensor":
      return `sensor ${trigger.name}`;
    case "reexecution":
      return `${trigger.mode === "from_failure" ? "retry from failure" : "re-execution"} of ${shortRunId(trigger.parent)} by ${trigger.by}`;
    case "system":
      return trigger.reason;
    default:
      return assertNever(trigger);
  }
}

/** From start to end, or until `now`; null before the start. */
export function runDuration(run: Pick<RunSummary, "startedAt" | "endedAt">, now: number): number | null {
  return run.startedAt === null ? null : Math.max(0, (run.endedAt ?? now) - run.startedAt);
}
