/** How does a page hold a list that comes in pages? The pages so far, joined, and whether there is more. */
import type { Page } from "@headgate/shared/contract/view.ts";
import type { ErrorBody } from "@headgate/shared/domain/errors.ts";
import { toErrorBody } from "#lib/api.ts";

export class Paged<T> {
  items = $state.raw<readonly T[]>([]);
  error = $state<ErrorBody | null>(null);
  loading = $state(false);
  /** The first page has been here. */
  loaded = $state(false);
  #next = $state<string | null>(null);
  #turn = 0;
  #fetch: (cursor: string | null) => Promise<Page<T>>;

  constructor(fetch: (cursor: string | null) => Promise<Page<T>>) {
    this.#fetch = fetch;
  }

  get hasMore(): boolean {
    return this.#next !== null;
  }

  /** From the beginning; the former items stay until the new ones are here. */
  async restart(fetch = this.#fetch): Promise<void> {
    this.#fetch = fetch;
    await this.#load(null, () => []);
  }

  async more(): Promise<void> {
    if (this.#next !== null && !this.loading) await this.#load(this.#next, () => this.items);
  }

  /** A live change of one item: it takes its row, or the top when it is new and belongs here. */
  put(item: T, view: { readonly same: (other: T) => boolean; readonly admits: boolean }): void {
    const at = this.items.findIndex(view.same);
    if (at >= 0) this.items = this.items.with(at, item);
    else if (view.admits && this.loaded) this.items = [item, ...this.items];
  }

  async #load(cursor: string | null, before: () => readonly T[]): Promise<void> {
    const turn = ++this.#turn;
    this.loading = true;
    try {
      const page = await this.#fetch(cursor);
      if (turn !== this.#turn) return;
      this.items = [...before(), ...page.items];
      this.#next = page.next;
      this.loaded = true;
      this.error = null;
    } catch (error) {
      if (turn === this.#turn) this.error = toErrorBody(error);
    } finally {
      if (turn === this.#turn) this.loading = false;
    }
  }
}
