/**
 * Lets callers take turns. A call does all its work at once, so without turns the calls of one caller would run back to back and another
 * caller would wait for all of them. Each caller has one turn, then the object gives way to what has arrived meanwhile.
 */
import { afterArrived } from "./clock.ts";

/** The most calls of one caller that wait. */
export const MAX_WAITING_CALLS = 500;

export class Turns {
  /** Callers with waiting calls. The caller whose turn is next stands first. */
  readonly #waiting = new Map<string, (() => void)[]>();
  /** Callers that had a turn since the object last gave way. */
  readonly #served = new Set<string>();
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
    if (this.#givesWay) return;
    this.#givesWay = true;
    afterArrived(() => this.#next());
  }

  #next(): void {
    this.#givesWay = false;
    this.#served.clear();
    const [first] = this.#waiting;
    if (first === undefined) return;
    const [caller, calls] = first;
    const call = calls.shift();
    this.#waiting.delete(caller);
    if (calls.length > 0) this.#waiting.set(caller, calls);
    this.#serve(caller);
    call?.();
  }
}
