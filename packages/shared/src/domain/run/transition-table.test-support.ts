/** Every pair of state and event with the state that follows, or null where it is refused. A new state or event does not compile until its row is filled. */
import type { RunStatus, StepStatus } from "./status.ts";
import type { RunTrigger, StepTrigger } from "./transition.ts";

export const RUN_TABLE: Record<RunStatus, Record<RunTrigger, RunStatus | null>> = {
  queued: {
    start: "starting",
    first_step_started: null,
    steps_succeeded: null,
    steps_failed: null,
    steps_canceled: null,
    cancel: "canceled",
    cancel_forced: null,
    fail: "failed",
  },
  starting: {
    start: null,
    first_step_started: "running",
    steps_succeeded: "succeeded",
    steps_failed: "failed",
    steps_canceled: "canceled",
    cancel: "canceling",
    cancel_forced: null,
    fail: "failed",
  },
  running: {
    start: null,
    first_step_started: "running",
    steps_succeeded: "succeeded",
    steps_failed: "failed",
    steps_canceled: "canceled",
    cancel: "canceling",
    cancel_forced: null,
    fail: "failed",
  },
  canceling: {
    start: null,
    first_step_started: "canceling",
    steps_succeeded: "succeeded",
    steps_failed: "canceled",
    steps_canceled: "canceled",
    cancel: null,
    cancel_forced: "canceled",
    fail: "canceled",
  },
  succeeded: allRefusedRun(),
  failed: allRefusedRun(),
  canceled: allRefusedRun(),
};

export const STEP_TABLE: Record<StepStatus, Record<StepTrigger, StepStatus | null>> = {
  pending: {
    assign: "assigned",
    released: null,
    started: null,
    succeeded: null,
    failed_retry: null,
    failed_final: "failed",
    retry_due: null,
    lost_retry: null,
    lost_final: null,
    skip: "skipped",
    canceled: "canceled",
  },
  assigned: {
    assign: null,
    released: "pending",
    started: "running",
    succeeded: "succeeded",
    failed_retry: "up_for_retry",
    failed_final: "failed",
    retry_due: null,
    lost_retry: "up_for_retry",
    lost_final: "failed",
    skip: null,
    canceled: "canceled",
  },
  running: {
    assign: null,
    released: null,
    started: null,
    succeeded: "succeeded",
    failed_retry: "up_for_retry",
    failed_final: "failed",
    retry_due: null,
    lost_retry: "up_for_retry",
    lost_final: "failed",
    skip: null,
    canceled: "canceled",
  },
  up_for_retry: {
    assign: null,
    released: null,
    started: null,
    succeeded: null,
    failed_retry: null,
    failed_final: "failed",
    retry_due: "pending",
    lost_retry: null,
    lost_final: null,
    skip: null,
    canceled: "canceled",
  },
  succeeded: allRefusedStep(),
  failed: allRefusedStep(),
  skipped: allRefusedStep(),
  canceled: allRefusedStep(),
};

function allRefusedRun(): Record<RunTrigger, null> {
  return {
    start: null,
    first_step_started: null,
    steps_succeeded: null,
    steps_failed: null,
    steps_canceled: null,
    cancel: null,
    cancel_forced: null,
    fail: null,
  };
}

function allRefusedStep(): Record<StepTrigger, null> {
  return {
    assign: null,
    released: null,
    started: null,
    succeeded: null,
    failed_retry: null,
    failed_final: null,
    retry_due: null,
    lost_retry: null,
    lost_final: null,
    skip: null,
    canceled: null,
  };
}
