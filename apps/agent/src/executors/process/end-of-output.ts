/** A text the worker prints on both streams after a step, so that the supervisor knows where its raw output ends. */
import type { StepRef } from "../../step-ref.ts";

export function endOfOutput({ run, step, epoch }: StepRef): string {
  return `\0headgate:end ${run} ${step} ${epoch}\0\n`;
}
