/** Evaluations that somebody tries out and waits for. Kept in memory only: whoever asked is still connected, or has gone. */
import type { TickResult } from "@headgate/shared/protocol/tick-result.ts";

interface Waiting {
  readonly instance: string;
  readonly resolve: (result: TickResult) => void;
}

export class Trials {
  readonly #waiting = new Map<string, Waiting>();

  /** What the agent answers, or null when it does not in time. */
  async wait(trial: { readonly id: string; readonly instance: string; readonly timeoutMs: number }): Promise<TickResult | null> {
    let timer: ReturnType<typeof setTimeout> | null = null;
    try {
      return await new Promise<TickResult | null>((resolve) => {
        this.#waiting.set(trial.id, { instance: trial.instance, resolve });
        timer = setTimeout(() => resolve(null), trial.timeoutMs);
      });
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(trial.id);
    }
  }

  answer(answer: { readonly trial: string; readonly instance: string; readonly result: TickResult }): void {
    const waiting = this.#waiting.get(answer.trial);
    if (waiting?.instance === answer.instance) waiting.resolve(answer.result);
  }
}
