/** Ends a step from deep inside it with a failure that is already worded; never leaves the runtime. */
import type { Failure, FailureKind } from "@headgate/shared/domain/run/failure.ts";

export class StepError extends Error {
  override readonly name = "StepError";
  readonly failure: Failure;
  readonly retryable: boolean;

  constructor(kind: FailureKind, message: string, options: { retryable?: boolean; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.failure = { kind, message };
    this.retryable = options.retryable ?? false;
  }
}
