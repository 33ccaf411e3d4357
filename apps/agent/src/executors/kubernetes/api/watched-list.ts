/**
 * Keeps a list of objects up to date: list, then watch. A connection that ends, breaks or falls silent is opened again, a list that is too
 * old is read again, and what changed meanwhile is found by comparing. It goes on until it is closed.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { backoffMs } from "@headgate/shared/net/backoff.ts";
import { errorText, type AgentLog } from "../../../agent-log.ts";
import { KubeError, type KubeClient } from "./kube-client.ts";
import type { KubeList, ObjectMeta } from "./objects.ts";

/** The server sends a bookmark each minute: a connection that says nothing for longer is dead. */
const SILENCE_MS = 90_000;
const MIN_WATCH_SECONDS = 240;
const WATCH_SPREAD_SECONDS = 60;
/** A server that ends each watch at once is not asked more often than this. */
const MIN_WATCH_MS = 1_000;
const RETRY = { firstMs: 500, maxMs: 30_000 };
const GONE = 410;

interface Watched {
  readonly metadata: ObjectMeta;
}

export interface WatchedListOptions<T extends Watched> {
  readonly client: KubeClient;
  /** With the label selector, for instance `/api/v1/namespaces/a/pods?labelSelector=x%3Dy`. */
  readonly path: string;
  readonly random: () => number;
  readonly log: AgentLog;
  readonly onChange: (object: T) => void;
  /** It was deleted, or its labels do not match any more. */
  readonly onGone: (object: T) => void;
  /** The state of the connection, for `/livez` and the agents page. Null: all is well. */
  readonly onState: (problem: string | null) => void;
}

export class WatchedList<T extends Watched> {
  readonly #options: WatchedListOptions<T>;
  readonly #objects = new Map<string, T>();
  readonly #closing = new AbortController();
  readonly ended: Promise<void>;

  constructor(options: WatchedListOptions<T>) {
    this.#options = options;
    this.ended = this.#run();
  }

  get objects(): readonly T[] {
    return [...this.#objects.values()];
  }

  get(name: string): T | undefined {
    return this.#objects.get(name);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.ended;
  }

  async #run(): Promise<void> {
    const { log, random, onState } = this.#options;
    const { signal } = this.#closing;
    let failures = 0;
    while (!signal.aborted) {
      try {
        let version = await this.#list();
        failures = 0;
        onState(null);
        while (!signal.aborted) {
          const pause = sleep(MIN_WATCH_MS, undefined, { signal, ref: false }).catch(() => {});
          version = await this.#watch(version);
          await pause;
        }
      } catch (error) {
        if (signal.aborted) return;
        // The list was too old to go on from; that is no fault.
        if (error instanceof KubeError && error.code === GONE) continue;
        failures++;
        const message = errorText(error);
        onState(message);
        if (failures === 1) log.warn("the watch of Kubernetes objects starts again", { path: this.#options.path, error: message });
        const asked = error instanceof KubeError ? error.retryAfterMs : null;
        await sleep(asked ?? backoffMs(failures - 1, random(), RETRY), undefined, { signal }).catch(() => {});
      }
    }
  }

  async #list(): Promise<string> {
    const { client, path, onChange, onGone } = this.#options;
    const list = await client.get<KubeList<T>>(path);
    const names = new Set(list.items.map(({ metadata }) => metadata.name));
    for (const [name, object] of this.#objects) {
      if (names.has(name)) continue;
      this.#objects.delete(name);
      onGone(object);
    }
    for (const object of list.items) {
      const known = this.#objects.get(object.metadata.name);
      this.#objects.set(object.metadata.name, object);
      if (known?.metadata.resourceVersion !== object.metadata.resourceVersion) onChange(object);
    }
    return list.metadata.resourceVersion;
  }

  /** -> the version to go on from, when the server ends the watch. */
  async #watch(from: string): Promise<string> {
    const { client, path, random } = this.#options;
    const seconds = MIN_WATCH_SECONDS + Math.floor(random() * WATCH_SPREAD_SECONDS);
    const query = `watch=1&allowWatchBookmarks=true&timeoutSeconds=${seconds}&resourceVersion=${from}`;
    const silence = new AbortController();
    const stop = (): void => silence.abort();
    this.#closing.signal.addEventListener("abort", stop);
    let timer = setTimeout(stop, SILENCE_MS);
    let version = from;
    try {
      for await (const line of client.lines(`${path}${path.includes("?") ? "&" : "?"}${query}`, silence.signal)) {
        clearTimeout(timer);
        timer = setTimeout(stop, SILENCE_MS);
        version = this.#take(line) ?? version;
      }
      return version;
    } finally {
      clearTimeout(timer);
      this.#closing.signal.removeEventListener("abort", stop);
    }
  }

  #take(line: string): string | undefined {
    const { type, object } = JSON.parse(line) as { type: string; object: T & { code?: number; message?: string; reason?: string } };
    if (type === "ERROR")
      throw new KubeError(object.message ?? "The watch failed.", { code: object.code ?? 0, reason: object.reason ?? "Error" });
    const { name, resourceVersion } = object.metadata;
    if (type === "DELETED") {
      this.#objects.delete(name);
      this.#options.onGone(object);
    } else if (type !== "BOOKMARK") {
      this.#objects.set(name, object);
      this.#options.onChange(object);
    }
    return resourceVersion;
  }
}
