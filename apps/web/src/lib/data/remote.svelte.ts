/** Data that one page fetches: latest value, error, loading state. An older answer never replaces a newer one. */
import type { ErrorBody } from "@headgate/shared/domain/errors.ts";
import { toErrorBody } from "#lib/data/api.ts";

export class Remote<T> {
  value = $state.raw<T | null>(null);
  error = $state<ErrorBody | null>(null);
  loading = $state(false);
  #turn = 0;

  /** `keep`: keeps the old value until the new one arrives. Without it the value is cleared first. */
  async load(fetcher: () => Promise<T>, options: { keep?: boolean } = {}): Promise<void> {
    const turn = ++this.#turn;
    this.loading = true;
    if (!options.keep) this.value = null;
    try {
      const value = await fetcher();
      if (turn !== this.#turn) return;
      this.value = value;
      this.error = null;
    } catch (error) {
      if (turn === this.#turn) this.error = toErrorBody(error);
    } finally {
      if (turn === this.#turn) this.loading = false;
    }
  }
}
