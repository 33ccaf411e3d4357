/** Definitions and live state of the deployment, loaded once and kept current by the socket. */
import { createContext } from "svelte";
import { allPages } from "@headgate/shared/contract/all-pages.ts";
import type { Change } from "@headgate/shared/contract/live/messages.ts";
import { deploymentPath } from "@headgate/shared/contract/http/routes.ts";
import type { AssetState } from "@headgate/shared/contract/assets/asset-views.ts";
import type { DefinitionsDocument } from "@headgate/shared/contract/catalog/definitions.ts";
import { staleCausesByState } from "@headgate/shared/contract/assets/stale-by-state.ts";
import type { StaleCause } from "@headgate/shared/domain/health/staleness.ts";
import type { RunSummary } from "@headgate/shared/contract/runs/run-views.ts";
import type { SessionView } from "@headgate/shared/contract/access/session.ts";
import type { ErrorBody } from "@headgate/shared/domain/errors.ts";
import { createApi, fetchDefinitions, toErrorBody, type Api } from "#lib/data/api.ts";
import { EMPTY_DOCUMENT, indexDefinitions, type CatalogAsset, type Definitions } from "#lib/deployment/definitions.ts";
import {
  activeRuns,
  applyChanges,
  countAssets,
  EMPTY_STATE,
  stateFromSnapshot,
  type DeploymentState,
} from "#lib/deployment/deployment-state.ts";
import { LiveConnection } from "#lib/live.svelte.ts";
import type { Welcome } from "@headgate/shared/live/client.ts";
import { NO_PENDING, settlePending, withPending, type Pending } from "#lib/deployment/pending-launches.ts";
import type { DeploymentRef } from "#lib/paths.ts";

const ACTIVE = ["queued", "starting", "running", "canceling"] as const;
/** Without a welcome in this time, load anyway: a page without live updates is better than none. */
const WELCOME_TIMEOUT_MS = 3000;

export type ChangeListener = (changes: readonly Change[]) => void;

export class DeploymentStore {
  readonly ref: DeploymentRef;
  readonly session: SessionView;
  readonly api: Api;
  readonly live: LiveConnection;
  phase = $state<"loading" | "ready" | "failed">("loading");
  error = $state<ErrorBody | null>(null);
  state = $state.raw<DeploymentState>(EMPTY_STATE);
  definitions = $state.raw<Definitions>(indexDefinitions(EMPTY_DOCUMENT));
  pending = $state.raw<Pending>(NO_PENDING);
  /** Control plane's clock minus this machine's, in milliseconds. */
  clockOffset = $state(0);
  readonly activeRuns: RunSummary[] = $derived(activeRuns(this.state));
  /** Changes with an asset only, so a change of a run or an agent rebuilds nothing that reads it. */
  readonly assets = $derived(this.state.assets);
  readonly assetCounts = $derived(countAssets(this.assets.values()));
  /** Why each asset is stale. Found out here, because one change makes thousands of assets stale. */
  readonly #staleCauses = $derived.by(() => {
    const { assets } = this;
    const { graph, byKey } = this.definitions;
    return staleCausesByState(graph, {
      stateOf: (key) => assets.get(key),
      codeVersionOf: (key) => byKey.get(key)?.codeVersion ?? null,
    });
  });
  readonly #listeners = new Set<ChangeListener>();
  readonly #refetchers = new Set<() => void>();
  /** Changes that arrived while a snapshot loads; null when none is loading. */
  #buffer: Change[] | null = null;
  #again = false;
  #fetching: { readonly hash: string; readonly document: Promise<DefinitionsDocument> } | null = null;

  constructor(ref: DeploymentRef, session: SessionView) {
    this.ref = ref;
    this.session = session;
    this.api = createApi(ref);
    const url = new URL(deploymentPath(ref, "/live"), location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    this.live = new LiveConnection(url.href, {
      welcome: (message) => this.#welcome(message),
      changes: (changes) => this.#receive(changes),
    });
  }

  start(): () => void {
    const stop = this.live.start();
    const timer = setTimeout(() => {
      if (this.phase === "loading" && this.#buffer === null) void this.reload();
    }, WELCOME_TIMEOUT_MS);
    return () => {
      clearTimeout(timer);
      stop();
    };
  }

  get role() {
    return this.session.deployments.find((deployment) => deployment.name === this.ref.name)?.role ?? "viewer";
  }

  asset(key: string): CatalogAsset | undefined {
    return this.definitions.byKey.get(key);
  }

  /** Includes launches that the control plane has not confirmed yet. */
  assetState(key: string): AssetState | undefined {
    return withPending(key, this.assets.get(key), this.pending);
  }

  /** Empty: it is not stale, or a run is about to materialize it. */
  staleCauses(key: string): readonly StaleCause[] {
    return this.assetState(key)?.inProgress ? [] : this.#staleCauses(key);
  }

  isStale(key: string): boolean {
    return this.staleCauses(key).length > 0;
  }

  /** Called with every live change, after the store applied it. */
  onChanges(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Called when changes may have been missed: fetch again what is shown. */
  onRefetch(refetch: () => void): () => void {
    this.#refetchers.add(refetch);
    return () => this.#refetchers.delete(refetch);
  }

  /** Applies the answer to a call like a live change. */
  take(run: RunSummary): void {
    this.#receive([{ type: "run", run }]);
  }

  async reload(): Promise<void> {
    if (this.#buffer !== null) {
      // The snapshot that is loading may be older than the change that triggered this call.
      this.#again = true;
      return;
    }
    this.#buffer = [];
    try {
      const [hash, assets, runs, locations, agents] = await Promise.all([
        this.api.definitions.hash.query(),
        this.#allAssetStates(),
        this.api.runs.list.query({ filter: { statuses: [...ACTIVE] }, limit: 500 }),
        this.api.locations.list.query(),
        this.api.agents.list.query(),
      ]);
      await this.#loadDefinitions(hash.hash);
      this.state = applyChanges(stateFromSnapshot({ assets, runs: runs.items, locations, agents }, hash.hash), this.#buffer);
      this.phase = "ready";
      this.error = null;
    } catch (error) {
      this.error = toErrorBody(error);
      if (this.phase === "loading") this.phase = "failed";
    } finally {
      this.#buffer = null;
      if (this.#again) {
        this.#again = false;
        void this.reload();
      }
    }
  }

  #allAssetStates(): Promise<AssetState[]> {
    return allPages((cursor) => this.api.assets.states.query({ cursor, limit: 10_000 }));
  }

  async #loadDefinitions(hash: string): Promise<void> {
    if (hash === this.definitions.document.hash) return;
    const document = await this.#document(hash);
    const current = this.state.definitionsHash;
    // Another version may have become active meanwhile, with its document already loaded.
    if (current === null || current === hash || this.phase === "loading") this.definitions = indexDefinitions(document);
  }

  /** One request per hash, even if both the welcome and the snapshot need it. */
  #document(hash: string): Promise<DefinitionsDocument> {
    if (hash === "") return Promise.resolve(EMPTY_DOCUMENT);
    if (this.#fetching?.hash !== hash) this.#fetching = { hash, document: fetchDefinitions(this.ref, hash) };
    const { document } = this.#fetching;
    // Forget a failed request; otherwise every retry would fail.
    document.catch(() => (this.#fetching = null));
    return document;
  }

  #welcome(message: Welcome): void {
    this.clockOffset = message.serverTime - Date.now();
    if (this.phase !== "ready") {
      void this.#document(message.definitions).catch(() => undefined);
      void this.reload();
      return;
    }
    if (!message.refetch) return;
    void this.reload();
    for (const refetch of this.#refetchers) refetch();
  }

  #receive(changes: readonly Change[]): void {
    this.#buffer?.push(...changes);
    const definitionsBefore = this.state.definitionsHash;
    this.state = applyChanges(this.state, changes);
    this.pending = settlePending(this.pending, changes);
    const hash = this.state.definitionsHash;
    if (hash !== null && hash !== definitionsBefore)
      this.#loadDefinitions(hash).catch((error: unknown) => (this.error = toErrorBody(error)));
    for (const listener of this.#listeners) listener(changes);
  }
}

export const [getDeployment, setDeployment] = createContext<DeploymentStore>();
