/** At most so many attempts run at once. The control plane counts too; this only guards against more than was agreed. */
export class Slots<T> {
  readonly #limit: number;
  readonly #holders = new Set<T>();
  readonly #waiting: { readonly holder: T; readonly wake: () => void }[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Waits for a free slot and takes it. `isStopped`: the holder needs none any more. */
  async take(holder: T, isStopped: () => boolean): Promise<void> {
    while (this.#holders.size >= this.#limit && !isStopped()) await new Promise<void>((wake) => this.#waiting.push({ holder, wake }));
    if (!isStopped()) this.#holders.add(holder);
  }

  /** For what runs already: it counts, even beyond the limit. */
  occupy(holder: T): void {
    this.#holders.add(holder);
  }

  free(holder: T): void {
    this.#holders.delete(holder);
    // A holder that held none also wakes the next one: the slot it was woken for is still free.
    if (this.#holders.size < this.#limit) this.#waiting.shift()?.wake();
  }

  /** Wakes a holder that waits, because it was stopped. */
  wake(holder: T): void {
    const at = this.#waiting.findIndex((waiting) => waiting.holder === holder);
    if (at >= 0) for (const { wake } of this.#waiting.splice(at, 1)) wake();
  }
}
