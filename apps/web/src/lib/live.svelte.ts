/** The live connection of this tab: the shared client, with its state as runes. The browser says when the network goes and comes. */
import type { Change } from "@headgate/shared/contract/live/messages.ts";
import type { EventRow } from "@headgate/shared/contract/runs/run-views.ts";
import { LiveClient, type LiveStatus, type TailChunk, type Welcome } from "@headgate/shared/live/client.ts";
import { webSocket } from "@headgate/shared/live/socket.ts";
import { PING_INTERVAL_MS, RECONNECT_MAX_MS, RECONNECT_MIN_MS } from "@headgate/shared/protocol/constants.ts";

export interface LiveHandlers {
  welcome(message: Welcome): void;
  changes(changes: readonly Change[]): void;
}

/** The server answers a ping at once, so a short silence means that the connection is dead. */
const PONG_TIMEOUT_MS = 5_000;

export class LiveConnection {
  status = $state<LiveStatus>("connecting");
  /** Since when updates are missing, by this machine's clock. */
  lostAt = $state<number | null>(null);
  /** The error that the server reported about one of our messages. */
  refusal = $state<string | null>(null);
  readonly #client: LiveClient;

  constructor(url: string, handlers: LiveHandlers) {
    this.#client = new LiveClient({
      open: webSocket(url),
      random: Math.random,
      reconnect: { firstMs: RECONNECT_MIN_MS, maxMs: RECONNECT_MAX_MS },
      keepAlive: { intervalMs: PING_INTERVAL_MS, timeoutMs: PONG_TIMEOUT_MS },
      handlers: {
        onStatus: (status) => this.#show(status),
        onError: (message) => (this.refusal = message),
        onWelcome: (message) => handlers.welcome(message),
        onChanges: (changes) => handlers.changes(changes),
      },
    });
  }

  /** Returns a function that ends the connection. */
  start(): () => void {
    const onOffline = () => this.#client.disconnect();
    const onOnline = () => this.#client.reconnectNow();
    addEventListener("offline", onOffline);
    addEventListener("online", onOnline);
    this.#client.start();
    return () => {
      removeEventListener("offline", onOffline);
      removeEventListener("online", onOnline);
      this.#client.stop();
    };
  }

  /** See `LiveClient.watchRun`. */
  watchRun(run: string, after: number, onEvents: (events: readonly EventRow[]) => void): () => void {
    return this.#client.watchRun(run, after, onEvents);
  }

  /** See `LiveClient.tail`. */
  tail(target: { readonly run: string; readonly step: string }, onText: (chunk: TailChunk) => void): () => void {
    return this.#client.tail(target, onText);
  }

  #show(status: LiveStatus): void {
    this.status = status;
    if (status === "open") this.lostAt = null;
    if (status === "lost") this.lostAt ??= Date.now();
  }
}
