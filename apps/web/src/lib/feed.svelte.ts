/** How does an answer of the control plane stay current? It is asked again only after a change that concerns it, at most every second and a half. */
import { untrack } from "svelte";
import type { Change } from "@headgate/shared/contract/live/messages.ts";
import type { DeploymentStore } from "#lib/deployment-store.svelte.ts";
import { Remote } from "#lib/remote.svelte.ts";

const MIN_INTERVAL_MS = 1500;
const SETTLE_MS = 250;

export interface FeedSource<T> {
  readonly fetch: () => Promise<T>;
  /** Default: every change does. */
  readonly concerns?: (change: Change) => boolean;
}

export class Feed<T> extends Remote<T> {
  readonly #store: DeploymentStore;
  readonly #source: FeedSource<T>;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #lastAt = 0;

  constructor(store: DeploymentStore, source: FeedSource<T>) {
    super();
    this.#store = store;
    this.#source = source;
  }

  /** For an effect: loads, follows, and returns the end of it. */
  start(): () => void {
    untrack(() => this.refresh());
    const stopChanges = this.#store.onChanges((changes) => {
      if (changes.some((change) => this.#source.concerns?.(change) ?? true)) this.#soon();
    });
    const stopRefetch = this.#store.onRefetch(() => this.#soon());
    return () => {
      stopChanges();
      stopRefetch();
      if (this.#timer !== null) clearTimeout(this.#timer);
      this.#timer = null;
    };
  }

  refresh(): void {
    this.#lastAt = performance.now();
    void this.load(this.#source.fetch, { keep: true });
  }

  #soon(): void {
    if (this.#timer !== null) return;
    const wait = Math.max(SETTLE_MS, MIN_INTERVAL_MS - (performance.now() - this.#lastAt));
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.refresh();
    }, wait);
  }
}
