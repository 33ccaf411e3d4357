/** What do the tabs of one schedule or sensor share? Its detail, current by push, and its live state. */
import { createContext } from "svelte";
import type { AutomationDetail, AutomationRef, AutomationView } from "@headgate/shared/contract/automations/automation-views.ts";
import type { Change } from "@headgate/shared/contract/live/messages.ts";
import type { AutomationStore } from "#lib/automation/automation-store.svelte.ts";
import { scheduleOf, sensorOf, type ScheduleDefinition, type SensorDefinition } from "#lib/automation/automation-words.ts";
import type { DeploymentStore } from "#lib/deployment-store.svelte.ts";
import { Feed } from "#lib/feed.svelte.ts";

export function isOf(ref: AutomationRef, other: AutomationRef): boolean {
  return ref.name === other.name && ref.kind === other.kind && ref.location === other.location;
}

export class AutomationPage {
  readonly ref: AutomationRef;
  readonly detail: Feed<AutomationDetail>;
  readonly #store: DeploymentStore;
  readonly #automations: AutomationStore;

  constructor(ref: AutomationRef, store: DeploymentStore, automations: AutomationStore) {
    this.ref = ref;
    this.#store = store;
    this.#automations = automations;
    this.detail = new Feed(store, {
      fetch: () => store.api.automations.get.query(ref),
      concerns: (change: Change) =>
        change.type === "definitions" ||
        (change.type === "automation" && isOf(ref, change.automation)) ||
        (change.type === "tick" && change.tick.state !== "open" && isOf(ref, change.tick)),
    });
  }

  get view(): AutomationView | null {
    const fetched = this.detail.value?.automation;
    return fetched ? this.#automations.current(fetched) : null;
  }

  get schedule(): ScheduleDefinition | undefined {
    return scheduleOf(this.#store.definitions, this.ref);
  }

  get sensor(): SensorDefinition | undefined {
    return sensorOf(this.#store.definitions, this.ref);
  }
}

export const [getAutomationPage, setAutomationPage] = createContext<AutomationPage>();
