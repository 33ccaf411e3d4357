/** Names the Job of an attempt and the labels that find it again. The same attempt always gives the same name, so creating it twice is once. */
import { createHash } from "node:crypto";
import type { StepRef } from "../../step-ref.ts";
import { attemptKey } from "../../step-ref.ts";

export const LABELS = {
  /** The release of the chart that the agent belongs to. */
  release: "headgate.dev/release",
  run: "headgate.dev/run",
  epoch: "headgate.dev/epoch",
  location: "headgate.dev/location",
} as const;
/** Kubernetes sets it on the pods of a Job. */
export const JOB_LABEL = "batch.kubernetes.io/job-name";
/** The step has characters that labels cannot have. */
export const STEP_ANNOTATION = "headgate.dev/step";

/** Never user text, and short enough for the name of a pod, which has at most 63 characters. */
export function jobName(ref: StepRef): string {
  return `hg-${createHash("sha256").update(attemptKey(ref)).digest("hex").slice(0, 32)}`;
}

/** The attempt that a Job was made for; null for a Job that no agent made. */
export function attemptOf(metadata: {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}): StepRef | null {
  const run = metadata.labels?.[LABELS.run];
  const epoch = Number(metadata.labels?.[LABELS.epoch]);
  const step = metadata.annotations?.[STEP_ANNOTATION];
  return run === undefined || step === undefined || !Number.isInteger(epoch) ? null : { run, step, epoch };
}
