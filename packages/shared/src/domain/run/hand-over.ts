/** Decides what the hello of a pod does to the attempt that the pod was made for. Pure. */
import type { StepStatus } from "./status.ts";

export interface HandOver {
  readonly status: StepStatus;
  /** The pod's attempt is the current one of the step. */
  readonly isCurrent: boolean;
  /** Who holds the lease now. `pod_gone`: another pod of the same attempt that is disconnected. */
  readonly holder: "launcher" | "this_pod" | "pod_connected" | "pod_gone";
}

/**
 * - `take`: the pod becomes the holder
 * - `resume`: the pod is the holder already and connected again
 * - `over`: the attempt has ended, or another one is the current one
 * - `taken`: another pod of the attempt runs user code
 * - `lose`: another pod ran user code and is gone. How far it came is unknown, so the attempt counts as lost; the user code of an attempt
 *   starts at most once.
 */
export type HandOverDecision = "take" | "resume" | "over" | "taken" | "lose";

export function decideHandOver({ status, isCurrent, holder }: HandOver): HandOverDecision {
  if (!isCurrent || (status !== "assigned" && status !== "running")) return "over";
  if (holder === "this_pod") return "resume";
  if (status === "assigned") return "take";
  if (holder === "pod_gone") return "lose";
  // A step that its own agent has started is not handed over, either.
  return "taken";
}
