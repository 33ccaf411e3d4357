/** What do the tabs of one asset share? Its definition and state from the store, and the detail that only its page needs, current by push. */
import { createContext, untrack } from "svelte";
import type { AssetDetail, AssetEventRow, AssetState } from "@headgate/shared/contract/assets/asset-views.ts";
import type { CatalogAsset } from "#lib/definitions.ts";
import type { DeploymentStore } from "#lib/deployment-store.svelte.ts";
import { Remote } from "#lib/remote.svelte.ts";

const SETTLE_MS = 150;

export class AssetView {
  readonly key: string;
  readonly detail = new Remote<AssetDetail>();
  /** The event of the failure that is open now: its frames and code frame. */
  readonly failure = new Remote<AssetEventRow | null>();
  /** Counts up whenever something happened to the asset; tabs reload their history on it. */
  revision = $state(0);
  readonly #store: DeploymentStore;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(store: DeploymentStore, key: string) {
    this.#store = store;
    this.key = key;
  }

  get definition(): CatalogAsset | undefined {
    return this.#store.asset(this.key);
  }

  get state(): AssetState | undefined {
    return this.#store.assetState(this.key);
  }

  start(): () => void {
    // Called from an effect: what the first load reads must not start it again.
    untrack(() => this.reload());
    const stopChanges = this.#store.onChanges((changes) => {
      if (changes.some((change) => change.type === "definitions" || (change.type === "asset" && change.asset.key === this.key)))
        this.#soon();
    });
    const stopRefetch = this.#store.onRefetch(() => this.#soon());
    return () => {
      stopChanges();
      stopRefetch();
      clearTimeout(this.#timer);
    };
  }

  reload(): void {
    const { key } = this;
    void this.detail.load(() => this.#store.api.assets.get.query({ key }), { keep: true });
    if (!this.state?.failed) {
      this.failure.value = null;
      return;
    }
    void this.failure.load(
      async () => {
        const page = await this.#store.api.assets.events.query({ key, types: ["asset_failed"], limit: 1 });
        return page.items[0] ?? null;
      },
      { keep: true },
    );
  }

  #soon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.revision++;
      this.reload();
    }, SETTLE_MS);
  }
}

export const [getAssetView, setAssetView] = createContext<AssetView>();
