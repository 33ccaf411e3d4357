/** Is the other side still there? A short text that the control plane answers without waking up; silence ends the connection. */
import { PING } from "@headgate/shared/protocol/constants.ts";

export interface HeartbeatOptions {
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly now: () => number;
  readonly send: (text: string) => void;
  readonly onSilence: () => void;
}

export class Heartbeat {
  readonly #options: HeartbeatOptions;
  readonly #timer: NodeJS.Timeout;
  #heardAt: number;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#heardAt = options.now();
    this.#timer = setInterval(() => this.#beat(), options.intervalMs);
  }

  /** Anything that arrives is a sign of life. */
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
