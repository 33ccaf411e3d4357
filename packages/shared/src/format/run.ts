/** What a run is called, how long it takes and what it waits for: the same words in the dashboard and on the terminal. */
import type { RunSummary } from "../contract/runs/run-views.ts";
import { formatSelection } from "./selection.ts";

/** What runs: the job's name, or the selection as it was typed. */
export function runTitle(run: Pick<RunSummary, "job" | "selection">): string {
  return run.job ?? formatSelection(run.selection);
}

/** From start to end, or until `now`; null before the start. */
export function runDuration(run: Pick<RunSummary, "startedAt" | "endedAt">, now: number): number | null {
  return run.startedAt === null ? null : Math.max(0, (run.endedAt ?? now) - run.startedAt);
}

/** What a run or step waits for, as a sentence. Most messages of the control plane already begin with "waiting for". */
export function waitingSentence({ message }: { readonly message: string }): string {
  return /^waiting\b/i.test(message) ? `${message.slice(0, 1).toUpperCase()}${message.slice(1)}` : `Waiting: ${message}`;
}
