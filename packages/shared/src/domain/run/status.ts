/** The closed sets of run and step states; `transition.ts` says how one leads to another. */
export const RUN_STATUSES = ["queued", "starting", "running", "canceling", "succeeded", "failed", "canceled"] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];
export const TERMINAL_RUN_STATUSES = ["succeeded", "failed", "canceled"] as const satisfies readonly RunStatus[];

/** `assigned`: leased to an agent which has not yet said that it started. */
export const STEP_STATUSES = ["pending", "assigned", "running", "up_for_retry", "succeeded", "failed", "skipped", "canceled"] as const;
export type StepStatus = (typeof STEP_STATUSES)[number];

export function isTerminalRun(status: RunStatus): boolean {
  return status === "succeeded" || status === "failed" || status === "canceled";
}

/** Whether a run with this status counts against the limits of a deployment. */
export function isActiveRun(status: RunStatus): boolean {
  return status === "starting" || status === "running" || status === "canceling";
}

export function isTerminalStep(status: StepStatus): boolean {
  return status === "succeeded" || status === "failed" || status === "skipped" || status === "canceled";
}
