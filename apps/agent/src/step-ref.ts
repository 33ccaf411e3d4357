/** Which step attempt: `epoch` fences older attempts of the same step. */
export interface StepRef {
  readonly run: string;
  readonly step: string;
  readonly epoch: number;
}

export function stepKey(step: { readonly run: string; readonly step: string }): string {
  return `${step.run}\n${step.step}`;
}

export function attemptKey(ref: StepRef): string {
  return `${ref.run}\n${ref.step}\n${ref.epoch}`;
}

export function refOf({ run, step, epoch }: StepRef): StepRef {
  return { run, step, epoch };
}

/** The inverse of `attemptKey`. */
export function refOfKey(key: string): StepRef {
  const [run = "", step = "", epoch = "0"] = key.split("\n");
  return { run, step, epoch: Number(epoch) };
}
