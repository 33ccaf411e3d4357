/** Dry runs that wait for an agent. Memory is enough: when the object restarts, the caller's connection is lost too. */
import type { TickResult } from "@headgate/shared/protocol/tick-result.ts";

interface Waiting {
  readonly instance: string;
  readonly resolve: (result: TickResult) => void;
}

export class WaitingDryRuns {
  readonly #waiting = new Map<string, Waiting>();

  /** The agent's answer, or null if it does not answer in time. */
  async wait(dryRun: { readonly id: string; readonly instance: string; readonly timeoutMs: number }): Promise<TickResult | null> {
    let timer: ReturnType<typeof setTimeout> | null = null;
    try {
      return await new Promise<TickResult | null>((resolve) => {
        this.#waiting.set(dryRun.id, { instance: dryRun.instance, resolve });
        timer = setTimeout(() => resolve(null), dryRun.timeoutMs);
      });
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(dryRun.id);
    }
  }

  answer(answer: { readonly dryRun: string; readonly instance: string; readonly result: TickResult }): void {
    const waiting = this.#waiting.get(answer.dryRun);
    if (waiting?.instance === answer.instance) waiting.resolve(answer.result);
  }
}
