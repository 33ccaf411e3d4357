/** How step attempts are named. */

/** One attempt of a step. A higher `epoch` replaces the attempts before it. */
export interface StepRef {
  readonly run: string;
  readonly step: string;
  readonly epoch: number;
}

/** The same for all attempts of a step. */
export function stepKey(step: { readonly run: string; readonly step: string }): string {
  return `${step.run}\n${step.step}`;
}

/** Differs between the attempts of a step. */
export function attemptKey(ref: StepRef): string {
  return `${ref.run}\n${ref.step}\n${ref.epoch}`;
}

/** Only the name, without anything else that the value has. */
export function refOf({ run, step, epoch }: StepRef): StepRef {
  return { run, step, epoch };
}

/** The inverse of `attemptKey`. */
export function refOfKey(key: string): StepRef {
  const [run = "", step = "", epoch = "0"] = key.split("\n");
  return { run, step, epoch: Number(epoch) };
}
