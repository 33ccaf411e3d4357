/** Limits of a deployment. */
import type { RunStatus } from "@headgate/shared/domain/run/status.ts";

export const MAX_CONCURRENT_RUNS = 10;

/** Does a run in this state count against the limit? */
export function isActiveRun(status: RunStatus): boolean {
  return status === "starting" || status === "running" || status === "canceling";
}
