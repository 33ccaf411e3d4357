/**
 * Lets callers take turns. A call does all its work at once, so without turns the calls of one caller would run back to back and another
 * caller would wait for all of them. Each caller has one turn, then the object gives way to what has arrived meanwhile. The caller that had
 * the fewest turns lately is next, so who asks seldom does not wait for those who ask all the time.
 */
import { afterArrived } from "./clock.ts";

/** The most calls of one caller that wait. */
export const MAX_WAITING_CALLS = 500;
/** After so many turns each count is halved, so that turns of long ago count less. */
const HALVED_AFTER = 100;

export class Turns {
  /** Callers with waiting calls. The caller that waits longest stands first. */
  readonly #waiting = new Map<string, (() => void)[]>();
  /** Callers that had a turn since the object last gave way. */
  readonly #served = new Set<string>();
  /** How many turns each caller had lately. The platform's clock stands still while an object works, so turns are counted, not time. */
  readonly #turns = new Map<string, number>();
  #counted = 0;
  #givesWay = false;

  /** Resolves when it is this caller's turn: to true, or to false if too many of its calls wait already. Calls of one caller keep their order. */
  async take(caller: string): Promise<boolean> {
    if (this.#waiting.size === 0 && !this.#served.has(caller)) {
      this.#serve(caller);
      return true;
    }
    const calls = this.#waiting.get(caller) ?? [];
    if (calls.length >= MAX_WAITING_CALLS) return false;
    this.#waiting.set(caller, calls);
    await new Promise<void>((resolve) => calls.push(resolve));
    return true;
  }

  #serve(caller: string): void {
    this.#served.add(caller);
    this.#count(caller);
    if (this.#givesWay) return;
    this.#givesWay = true;
    afterArrived(() => this.#next());
  }

  #count(caller: string): void {
    this.#turns.set(caller, (this.#turns.get(caller) ?? 0) + 1);
    if (++this.#counted < HALVED_AFTER) return;
    this.#counted = 0;
    for (const [each, turns] of this.#turns) {
      if (turns < 2) this.#turns.delete(each);
      else this.#turns.set(each, Math.floor(turns / 2));
    }
  }

  #next(): void {
    this.#givesWay = false;
    this.#served.clear();
    const caller = this.#seldomest();
    const calls = caller === null ? undefined : this.#waiting.get(caller);
    if (caller === null || calls === undefined) return;
    const call = calls.shift();
    this.#waiting.delete(caller);
    if (calls.length > 0) this.#waiting.set(caller, calls);
    this.#serve(caller);
    call?.();
  }

  /** The waiting caller with the fewest turns; of several, the one that waits longest. */
  #seldomest(): string | null {
    let found: { readonly caller: string; readonly turns: number } | null = null;
    for (const caller of this.#waiting.keys()) {
      const turns = this.#turns.get(caller) ?? 0;
      if (found === null || turns < found.turns) found = { caller, turns };
    }
    return found === null ? null : found.caller;
  }
}
