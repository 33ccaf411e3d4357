/** Defines which runs count against the limits of a deployment. */
import type { RunStatus } from "@headgate/shared/domain/run/status.ts";

/** Whether a run with this status counts against the limits. */
export function isActiveRun(status: RunStatus): boolean {
  return status === "starting" || status === "running" || status === "canceling";
}
