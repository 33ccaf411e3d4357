/**
 * Leads from one state of a run or step to the next. Pure: status and event in, next status or the reason of the refusal out. The
 * Durable Object alone applies it. Every pair is listed in `transition-table.test-support.ts`.
 *
 * ```
 * queued ── start ──> starting ── first_step_started ──> running ── steps_* / fail ──> succeeded | failed | canceled
 *    └─ cancel ─> canceled   └────── cancel ──> canceling <── cancel ──┘
 *
 * pending ── assign ──> assigned ── started ──> running ──> succeeded | failed | canceled
 *   └─ skip ─> skipped    └─ released ─> pending   └─ failed_retry, lost_retry ─> up_for_retry ── retry_due ──> pending
 * ```
 */
import { assertNever } from "../assert.ts";
import { isTerminalRun, isTerminalStep, type RunStatus, type StepStatus } from "./status.ts";

export const RUN_TRIGGERS = [
  "start", // the queue gave it a slot
  "first_step_started",
  "steps_succeeded", // every step ended and none failed or was canceled
  "steps_failed", // every step ended, at least one failed
  "steps_canceled", // every step ended, at least one was canceled and none failed
  "cancel", // a person or a policy asked for it
  "cancel_forced", // the grace period of a cancellation is over
  "fail", // run time-out, no agent within the start time-out, code location cannot be loaded
] as const;
export type RunTrigger = (typeof RUN_TRIGGERS)[number];

export const STEP_TRIGGERS = [
  "assign", // leased to an agent
  "released", // the agent gave an assignment back before it started
  "started",
  "succeeded",
  "failed_retry", // failed, and its policy has a retry left
  "failed_final",
  "retry_due", // the delay of the retry is over
  "lost_retry", // the agent is lost, and the step may be tried again
  "lost_final",
  "skip", // a step before it failed
  "canceled", // ended because of a cancellation
] as const;
export type StepTrigger = (typeof STEP_TRIGGERS)[number];

export type Transition<S> = { readonly ok: true; readonly status: S } | { readonly ok: false; readonly reason: string };

export function transitionRun(status: RunStatus, trigger: RunTrigger): Transition<RunStatus> {
  if (isTerminalRun(status)) return refused(`the run has already ${status === "canceled" ? "been canceled" : status}`);
  switch (trigger) {
    case "start":
      return status === "queued" ? to("starting") : refused(`a run that is ${status} cannot be started again`);
    case "first_step_started":
      if (status === "queued") return refused("the run has not left the queue");
      return to(status === "canceling" ? "canceling" : "running");
    case "steps_succeeded":
      // Also after a cancel request that came too late: the work is done, and saying otherwise would be wrong.
      return status === "queued" ? refused("the run has not left the queue") : to("succeeded");
    case "steps_failed":
      if (status === "queued") return refused("the run has not left the queue");
      return to(status === "canceling" ? "canceled" : "failed");
    case "steps_canceled":
      return status === "queued" ? refused("the run has not left the queue") : to("canceled");
    case "cancel":
      if (status === "canceling") return refused("the run is already being canceled");
      return to(status === "queued" ? "canceled" : "canceling");
    case "cancel_forced":
      return status === "canceling" ? to("canceled") : refused("nobody asked to cancel the run");
    case "fail":
      return to(status === "canceling" ? "canceled" : "failed");
    default:
      return assertNever(trigger);
  }
}

export function transitionStep(status: StepStatus, trigger: StepTrigger): Transition<StepStatus> {
  if (isTerminalStep(status))
    return refused(`the step has already ${status === "succeeded" || status === "failed" ? status : `been ${status}`}`);
  const leased = status === "assigned" || status === "running";
  const notLeased = refused(status === "pending" ? "the step is not assigned to an agent" : "the step waits for its next attempt");
  switch (trigger) {
    case "assign":
      return status === "pending"
        ? to("assigned")
        : refused(leased ? "the step is already assigned" : "the step waits for its next attempt");
    case "released":
      if (status === "running") return refused("the step has already started");
      return status === "assigned" ? to("pending") : notLeased;
    case "started":
      if (status === "running") return refused("the step has already started");
      return status === "assigned" ? to("running") : notLeased;
    case "succeeded":
      return leased ? to("succeeded") : notLeased;
    case "failed_retry":
    case "lost_retry":
      return leased ? to("up_for_retry") : notLeased;
    case "lost_final":
      return leased ? to("failed") : notLeased;
    case "failed_final":
      // From any state: a run that times out fails the steps that wait as well.
      return to("failed");
    case "retry_due":
      return status === "up_for_retry" ? to("pending") : refused("the step does not wait for a retry");
    case "skip":
      return status === "pending" ? to("skipped") : refused("only a step that has never started can be skipped");
    case "canceled":
      return to("canceled");
    default:
      return assertNever(trigger);
  }
}

/** How a run ended, or null while a step can still do something. A step that failed outweighs one that was canceled. */
export function runOutcome(steps: Iterable<StepStatus>): "succeeded" | "failed" | "canceled" | null {
  let outcome: "succeeded" | "failed" | "canceled" = "succeeded";
  for (const status of steps) {
    if (!isTerminalStep(status)) return null;
    if (status === "failed") outcome = "failed";
    else if (status === "canceled" && outcome === "succeeded") outcome = "canceled";
  }
  return outcome;
}

function to<S>(status: S): Transition<S> {
  return { ok: true, status };
}

function refused(reason: string): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason };
}
