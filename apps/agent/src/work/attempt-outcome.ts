/** What is reported as the end of an attempt, given how its execution ended and why the agent stopped it, if it did. */
import type { StepOutcome } from "@headgate/shared/domain/run/event.ts";
import type { Failure } from "@headgate/shared/domain/run/failure.ts";

/** Why an attempt is stopped before its end. */
export type StopReason =
  | { readonly kind: "canceled"; readonly reason: string }
  | { readonly kind: "timeout"; readonly seconds: number }
  /** It reported nothing for longer than its limit. */
  | { readonly kind: "idle"; readonly seconds: number }
  /** Superseded: the control plane does not want any further report of it. */
  | { readonly kind: "dropped" }
  | { readonly kind: "shutdown"; readonly reason: string }
  | { readonly kind: "broken"; readonly failure: Failure };

/** The reason as a sentence for user code and for the failure. */
export function stopMessage(reason: StopReason): string {
  switch (reason.kind) {
    case "canceled":
    case "shutdown":
      return reason.reason;
    case "timeout":
      return `The step took longer than its limit of ${reason.seconds} seconds.`;
    case "idle":
      return `The step reported nothing for ${reason.seconds} seconds, not even a log line, which is its limit for silence.`;
    case "dropped":
      return "The control plane gave this step to another attempt.";
    case "broken":
      return reason.failure.message;
  }
}

/** `badOutput`: something that the step reported could not be stored. */
export function finalOutcome(
  result: StepOutcome,
  { stop, badOutput }: { readonly stop: StopReason | null; readonly badOutput: Failure | null },
): StepOutcome {
  if (stop?.kind === "broken") return failedOutcome(stop.failure, true);
  if (result.outcome === "succeeded") return badOutput === null ? result : failedOutcome(badOutput, false);
  switch (stop?.kind) {
    case undefined:
      return result;
    case "canceled":
    case "dropped":
      return { outcome: "canceled" };
    case "timeout":
    case "idle":
      return failedOutcome(
        { kind: "timeout", message: stopMessage(stop), ...(result.outcome === "failed" && { cause: result.failure }) },
        true,
      );
    case "shutdown":
      return failedOutcome({ kind: "agent_lost", message: `The agent stopped before the step ended: ${stopMessage(stop)}` }, true);
  }
}

/** For an attempt of an earlier agent process that the executor does not have any more. */
export function lostOutcome(): StepOutcome {
  const message = "The agent restarted while this step ran, and what the step was doing could not be taken over.";
  return failedOutcome({ kind: "agent_lost", message }, true);
}

/** A failed end. `retryable`: the control plane may start a further attempt. */
export function failedOutcome(failure: Failure, retryable: boolean): StepOutcome {
  return { outcome: "failed", failure, retryable };
}
