/** Which words say what a run is about and why it exists? The same on every page. */
import type { RunSummary } from "@headgate/shared/contract/runs/run-views.ts";
import { selectionWords } from "@headgate/shared/api/selection-words.ts";

/** What runs: the job's name, or the selection as it was typed. */
export function runTitle(run: Pick<RunSummary, "job" | "selection">): string {
  return run.job ?? selectionWords(run.selection);
}

/** From start to end, or until `now`; null before the start. */
export function runDuration(run: Pick<RunSummary, "startedAt" | "endedAt">, now: number): number | null {
  return run.startedAt === null ? null : Math.max(0, (run.endedAt ?? now) - run.startedAt);
}

/** What a run or step waits for, as a sentence; the control plane's own mostly begins with "waiting for". */
export function waitingSentence({ message }: { readonly message: string }): string {
  return /^waiting\b/i.test(message) ? `${message.slice(0, 1).toUpperCase()}${message.slice(1)}` : `Waiting: ${message}`;
}
