/** Why the connection loop wakes up. The list is closed, so that every cause can be found by its name. */
export const WAKE = {
  /** The socket closed or could not be opened. */
  closed: "closed",
  pongTimeout: "pong_timeout",
  handshakeTimeout: "handshake_timeout",
  tokenChanged: "token_changed",
  retryDue: "retry_due",
  stop: "stop",
} as const;
export type Wake = (typeof WAKE)[keyof typeof WAKE];

/** A sleep that a wake reason ends early. */
export class Waker {
  #resolve: ((reason: Wake) => void) | null = null;

  wake(reason: Wake): void {
    this.#resolve?.(reason);
  }

  async sleep(ms: number): Promise<Wake> {
    const timer = setTimeout(() => this.wake(WAKE.retryDue), ms);
    try {
      return await new Promise<Wake>((resolve) => {
        this.#resolve = resolve;
      });
    } finally {
      clearTimeout(timer);
      this.#resolve = null;
    }
  }
}
