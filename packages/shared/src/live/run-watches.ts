/** The watches of run events: which run, and from which event on. */
import type { LiveUp } from "../contract/live/messages.ts";
import type { EventRow } from "../contract/runs/run-views.ts";

type WatchedRuns = Extract<LiveUp, { t: "watch" }>["runs"];

interface Watch {
  readonly run: string;
  /** Number of the last event that was delivered. */
  after: number;
  readonly onEvents: (events: readonly EventRow[]) => void;
}

export class RunWatches {
  readonly #watches = new Set<Watch>();

  get isEmpty(): boolean {
    return this.#watches.size === 0;
  }

  /** Returns a function that ends the watch. */
  add(watch: Readonly<Watch>): () => void {
    const own = { ...watch };
    this.#watches.add(own);
    return () => this.#watches.delete(own);
  }

  /** Each run once, from the earliest event that one of its watches still needs. */
  wanted(): WatchedRuns {
    const after = new Map<string, number>();
    for (const watch of this.#watches) after.set(watch.run, Math.min(watch.after, after.get(watch.run) ?? Infinity));
    return [...after].map(([run, seq]) => ({ run, after: seq }));
  }

  /** The server repeats stored events after a reconnect or for a new watch: each watch takes only what it has not seen. */
  deliver(run: string, events: readonly EventRow[]): void {
    for (const watch of this.#watches) {
      if (watch.run !== run) continue;
      const unseen = events.filter((event) => event.seq > watch.after);
      const last = unseen.at(-1);
      if (!last) continue;
      watch.after = last.seq;
      watch.onEvents(unseen);
    }
  }
}
