/** Ends an agent that runs in the pod of one step attempt: after the attempt is reported, or when there is nothing to do. */

/** The largest delay of a timer, 24 days: the time limit of the Job ends the pod before. */
export const MAX_WAIT_MS = 2 ** 31 - 1;
/** The attempt comes right after the welcome. */
const NOTHING_MS = 60_000;

export interface OneAttemptOptions {
  readonly whenIdle: () => Promise<void>;
  /** Resolves when the control plane has all reports and the raw output. */
  readonly whenReported: () => Promise<void>;
  readonly stop: (reason: string) => void;
  readonly nothingMs?: number;
}

export class OneAttempt {
  readonly #options: OneAttemptOptions;
  #hasBegun = false;
  #nothing: NodeJS.Timeout | null = null;

  constructor(options: OneAttemptOptions) {
    this.#options = options;
  }

  /** Called after each welcome. */
  welcomed(): void {
    if (this.#hasBegun) return;
    this.#nothing ??= setTimeout(
      () => this.#options.stop("the control plane has no attempt for this pod"),
      this.#options.nothingMs ?? NOTHING_MS,
    );
  }

  /** Called for each attempt that arrives; a repeated one changes nothing. */
  begun(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    if (this.#nothing !== null) clearTimeout(this.#nothing);
    void this.#finish();
  }

  async #finish(): Promise<void> {
    await this.#options.whenIdle();
    await this.#options.whenReported();
    this.#options.stop("its attempt has ended");
  }
}
