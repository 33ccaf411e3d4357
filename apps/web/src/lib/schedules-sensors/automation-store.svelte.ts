/**
 * All schedules and sensors with their state, fetched on first use and kept current by the socket. A toggle shows at once; a refusal reverts it.
 */
import { createContext } from "svelte";
import { allPages } from "@headgate/shared/contract/all-pages.ts";
import type { AutomationRef, AutomationView } from "@headgate/shared/contract/automations/automation-views.ts";
import type { ErrorBody } from "@headgate/shared/domain/errors.ts";
import { toErrorBody } from "#lib/data/api.ts";
import type { DeploymentStore } from "#lib/deployment/deployment-store.svelte.ts";

const PAGE = 500;

export function automationId({ location, kind, name }: AutomationRef): string {
  return `${location}/${kind}/${name}`;
}

export class AutomationStore {
  loaded = $state(false);
  error = $state<ErrorBody | null>(null);
  #views = $state.raw<ReadonlyMap<string, AutomationView>>(new Map());
  /** Toggles that the control plane has not confirmed yet. */
  #chosen = $state.raw<ReadonlyMap<string, boolean>>(new Map());
  readonly all: readonly AutomationView[] = $derived([...this.#views.values()].map((view) => this.current(view)));
  readonly #store: DeploymentStore;
  #wanted = false;
  #newer: Map<string, AutomationView> | null = null;

  constructor(store: DeploymentStore) {
    this.#store = store;
  }

  start(): () => void {
    const stopChanges = this.#store.onChanges((changes) => {
      for (const change of changes) {
        if (change.type === "automation" && (this.#wanted || this.#views.has(automationId(change.automation))))
          this.take(change.automation);
      }
      if (this.#wanted && changes.some((change) => change.type === "definitions")) void this.reload();
    });
    const stopRefetch = this.#store.onRefetch(() => {
      if (this.#wanted) void this.reload();
    });
    return () => {
      stopChanges();
      stopRefetch();
    };
  }

  /** Loads on the first call only. */
  ensure(): void {
    if (this.#wanted) return;
    this.#wanted = true;
    void this.reload();
  }

  async reload(): Promise<void> {
    // Live changes that arrive while pages load are newer than the pages. The latest call wins.
    const newer = (this.#newer = new Map<string, AutomationView>());
    try {
      const list = await allPages((cursor) => this.#store.api.automations.list.query({ cursor, limit: PAGE }));
      if (this.#newer !== newer) return;
      this.#views = new Map([...list.map((view) => [automationId(view), view] as const), ...newer]);
      this.loaded = true;
      this.error = null;
    } catch (error) {
      if (this.#newer === newer) this.error = toErrorBody(error);
    } finally {
      if (this.#newer === newer) this.#newer = null;
    }
  }

  /** Applies an unconfirmed toggle to a view that a page fetched itself. */
  current(fetched: AutomationView): AutomationView {
    const enabled = this.#chosen.get(automationId(fetched));
    return enabled === undefined ? fetched : { ...fetched, enabled };
  }

  /** False while it is unknown. */
  isOff(ref: AutomationRef): boolean {
    const view = this.#views.get(automationId(ref));
    return view !== undefined && !this.current(view).enabled;
  }

  take(view: AutomationView): void {
    this.#newer?.set(automationId(view), view);
    this.#views = new Map(this.#views).set(automationId(view), view);
  }

  /** Null on success, otherwise the message of the refusal. */
  async setEnabled(ref: AutomationRef, enabled: boolean): Promise<string | null> {
    const id = automationId(ref);
    const { location, kind, name } = ref;
    this.#chosen = new Map(this.#chosen).set(id, enabled);
    try {
      this.take(await this.#store.api.automations.setEnabled.mutate({ location, kind, name, enabled }));
      return null;
    } catch (error) {
      return toErrorBody(error).message;
    } finally {
      const rest = new Map(this.#chosen);
      rest.delete(id);
      this.#chosen = rest;
    }
  }
}

export const [getAutomations, setAutomations] = createContext<AutomationStore>();
