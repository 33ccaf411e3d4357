/** Holds one run for its page: detail, steps and all events; loaded once, then fed by the socket. */
import { untrack } from "svelte";
import type { Change } from "@headgate/shared/contract/live/messages.ts";
import type { EventRow } from "@headgate/shared/contract/runs/run-views.ts";
import type { ErrorBody } from "@headgate/shared/domain/errors.ts";
import { toErrorBody } from "#lib/api.ts";
import type { DeploymentStore } from "#lib/deployment-store.svelte.ts";
import { applyRunChanges, mergeEvents, runStateFrom, type RunState } from "./run-state.ts";

const PAGE = 5000;
/** Beyond this many the page says so and the raw output has the rest; a browser should not hold millions of lines. */
export const MAX_EVENTS = 200_000;

export class RunPageStore {
  state = $state.raw<RunState | null>(null);
  events = $state.raw<readonly EventRow[]>([]);
  error = $state<ErrorBody | null>(null);
  /** True until all stored events are here. */
  loadingEvents = $state(true);
  truncated = $state(false);
  readonly #store: DeploymentStore;
  readonly #run: string;
  #arrivedMeanwhile: Change[] | null = null;

  constructor(store: DeploymentStore, run: string) {
    this.#store = store;
    this.#run = run;
  }

  /** To be called from an effect, which must not depend on what is loaded here: it would end and begin anew at every event. */
  start(): () => void {
    return untrack(() => this.#begin());
  }

  #begin(): () => void {
    const ended = new AbortController();
    const stopChanges = this.#store.onChanges((changes) => {
      if (this.#arrivedMeanwhile !== null) this.#arrivedMeanwhile.push(...changes);
      if (this.state) this.state = applyRunChanges(this.state, changes);
    });
    const stopRefetch = this.#store.onRefetch(() => void this.load());
    let stopWatch = () => {};
    void this.load();
    void this.#loadEvents(ended.signal).then(() => {
      if (ended.signal.aborted || this.truncated) return;
      stopWatch = this.#store.live.watchRun(
        this.#run,
        this.events.at(-1)?.seq ?? 0,
        (events) => (this.events = mergeEvents(this.events, events)),
      );
    });
    return () => {
      ended.abort();
      stopChanges();
      stopRefetch();
      stopWatch();
    };
  }

  async load(): Promise<void> {
    // An answer may be older than changes that overtake it on the socket: those are applied again, on top of it.
    const meanwhile: Change[] = [];
    this.#arrivedMeanwhile = meanwhile;
    try {
      const detail = await this.#store.api.runs.get.query({ run: this.#run });
      this.state = applyRunChanges(runStateFrom(detail), meanwhile);
      this.error = null;
    } catch (error) {
      this.error = toErrorBody(error);
    } finally {
      if (this.#arrivedMeanwhile === meanwhile) this.#arrivedMeanwhile = null;
    }
  }

  async #loadEvents(ended: AbortSignal): Promise<void> {
    try {
      for (;;) {
        const after = this.events.at(-1)?.seq ?? 0;
        const page = await this.#store.api.runs.events.query({ run: this.#run, after, limit: PAGE });
        if (ended.aborted) return;
        this.events = mergeEvents(this.events, page.events);
        if (this.events.length >= MAX_EVENTS) this.truncated = true;
        if (page.events.length < PAGE || this.truncated) return;
      }
    } catch (error) {
      this.error ??= toErrorBody(error);
    } finally {
      this.loadingEvents = false;
    }
  }
}
