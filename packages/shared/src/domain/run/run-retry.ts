/** Decides whether the policy of a run that ended makes it again, and when. */
import type { FailureKind } from "./failure.ts";
import type { RunStatus } from "./status.ts";

export interface RunRetrySpec {
  readonly maxRetries: number;
  readonly strategy: "from_failure" | "all";
  readonly on: "any" | "crashes";
  readonly delaySeconds?: number | undefined;
}

export interface EndedRun {
  readonly status: RunStatus;
  /** Why it failed; null: not known. */
  readonly failure: FailureKind | null;
  /** A person asked it to stop, however it ended. */
  readonly cancelRequested: boolean;
  /** How often the policy has made it again already. */
  readonly retryCount: number;
}

/** What user code cannot help: the machine, the process or the connection went away. */
const CRASHES: ReadonlySet<FailureKind> = new Set<FailureKind>(["agent_lost", "worker_died", "out_of_memory"]);

/** Milliseconds from its end to the next try; null: it stays as it is. */
export function runRetryDelayMs(run: EndedRun, policy: RunRetrySpec): number | null {
  if (run.status !== "failed" || run.cancelRequested || run.retryCount >= policy.maxRetries) return null;
  if (policy.on === "crashes" && (run.failure === null || !CRASHES.has(run.failure))) return null;
  return (policy.delaySeconds ?? 0) * 1000;
}
