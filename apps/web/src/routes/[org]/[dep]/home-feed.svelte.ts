/** How does the home page stay current? One answer of the control plane, asked again only after something has changed, at most every second and a half. */
import type { HomeView } from "@headgate/shared/api/views.ts";
import type { DeploymentStore } from "#lib/deployment-store.svelte.ts";
import { Remote } from "#lib/remote.svelte.ts";

const MIN_INTERVAL_MS = 1500;
const SETTLE_MS = 250;

export class HomeFeed {
  readonly home = new Remote<HomeView>();
  readonly #store: DeploymentStore;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #lastAt = 0;

  constructor(store: DeploymentStore) {
    this.#store = store;
  }

  start(): () => void {
    this.refresh();
    const stopChanges = this.#store.onChanges(() => this.#soon());
    const stopRefetch = this.#store.onRefetch(() => this.#soon());
    return () => {
      stopChanges();
      stopRefetch();
      if (this.#timer !== null) clearTimeout(this.#timer);
    };
  }

  refresh(): void {
    this.#lastAt = performance.now();
    void this.home.load(() => this.#store.api.home.get.query(), { keep: true });
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
