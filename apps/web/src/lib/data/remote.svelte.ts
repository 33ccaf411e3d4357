/** How does a page hold data of its own that it fetched? The latest answer, the error, and what to show meanwhile; an older answer never wins. */
import type { ErrorBody } from "@headgate/shared/domain/errors.ts";
import { toErrorBody } from "#lib/data/api.ts";

export class Remote<T> {
  value = $state.raw<T | null>(null);
  error = $state<ErrorBody | null>(null);
  loading = $state(false);
  #turn = 0;

  /** `keep`: show the former value until the new one is here (a refresh); otherwise the place is emptied first (another thing). */
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
