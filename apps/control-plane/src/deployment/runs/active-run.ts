/** Which runs count against the limits of a deployment? */
import type { RunStatus } from "@headgate/shared/domain/run/status.ts";

/** Does a run in this state count against the limit? */
export function isActiveRun(status: RunStatus): boolean {
  return status === "starting" || status === "running" || status === "canceling";
}
