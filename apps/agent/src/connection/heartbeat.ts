/** Checks that the control plane is still there: it answers a short text without waking up, and silence ends the connection. */
import { PING } from "@headgate/shared/protocol/constants.ts";

export interface HeartbeatOptions {
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly now: () => number;
  readonly send: (text: string) => void;
  readonly onSilence: () => void;
}

/** Runs from its creation until `stop`. */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  readonly #timer: NodeJS.Timeout;
  #heardAt: number;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#heardAt = options.now();
    this.#timer = setInterval(() => this.#beat(), options.intervalMs);
  }

  /** Anything that arrives counts as an answer. */
  heard(): void {
    this.#heardAt = this.#options.now();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #beat(): void {
    if (this.#options.now() - this.#heardAt >= this.#options.timeoutMs) this.#options.onSilence();
    else this.#options.send(PING);
  }
}
