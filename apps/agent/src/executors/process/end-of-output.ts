/** The text that a worker prints on both streams after a step, so that the agent knows where the raw output of the step ends. */
import type { StepRef } from "../../step-ref.ts";

/** Names the attempt, so that user code cannot end the output of another step by accident. */
export function endOfOutput({ run, step, epoch }: StepRef): string {
  return `\0headgate:end ${run} ${step} ${epoch}\0\n`;
}
