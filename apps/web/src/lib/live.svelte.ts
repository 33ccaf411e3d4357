/**
 * How do live changes reach the tab? One socket per tab. It says hello with the last number it saw, keeps itself alive with one byte
 * every 15 seconds that the server answers without waking up, and reconnects with full jitter.
 */
import type { Change, LiveDown, LiveUp } from "@headgate/shared/contract/live/messages.ts";
import { LIVE_VERSION } from "@headgate/shared/contract/live/version.ts";
import type { EventRow } from "@headgate/shared/contract/runs/run-views.ts";
import { PING, PING_INTERVAL_MS, PONG, RECONNECT_MAX_MS, RECONNECT_MIN_MS } from "@headgate/shared/protocol/constants.ts";

export type Welcome = Extract<LiveDown, { t: "welcome" }>;
export type TailChunk = Extract<LiveDown, { t: "tail" }>;
export interface LiveHandlers {
  welcome(message: Welcome): void;
  changes(changes: readonly Change[]): void;
}

/** The server answers a ping at once; a silent socket is a dead one. */
const PONG_TIMEOUT_MS = 5_000;

interface RunWatch {
  readonly run: string;
  after: number;
  readonly onEvents: (events: readonly EventRow[]) => void;
}

export class LiveConnection {
  status = $state<"connecting" | "open" | "lost">("connecting");
  /** Since when updates are missing, by this machine's clock. */
  lostAt = $state<number | null>(null);
  /** What the server said against one of our messages. */
  refusal = $state<string | null>(null);
  readonly #url: string;
  readonly #handlers: LiveHandlers;
  #socket: WebSocket | null = null;
  #since: { stream: string; seq: number } | null = null;
  #attempt = 0;
  #stopped = true;
  #timers: { retry?: ReturnType<typeof setTimeout>; ping?: ReturnType<typeof setInterval>; pong?: ReturnType<typeof setTimeout> } = {};
  readonly #watches = new Set<RunWatch>();
  readonly #tails: { target: { run: string; step: string }; onText: (chunk: TailChunk) => void }[] = [];

  constructor(url: string, handlers: LiveHandlers) {
    this.#url = url;
    this.#handlers = handlers;
  }

  start(): () => void {
    this.#stopped = false;
    const onOffline = () => this.#drop();
    const onOnline = () => this.#retryNow();
    addEventListener("offline", onOffline);
    addEventListener("online", onOnline);
    this.#connect();
    return () => {
      this.#stopped = true;
      removeEventListener("offline", onOffline);
      removeEventListener("online", onOnline);
      this.#closeSocket();
      clearTimeout(this.#timers.retry);
    };
  }

  /** Stored events after `after`, then live ones, each once and in order, also across reconnects. Returns the end of it. */
  watchRun(run: string, after: number, onEvents: (events: readonly EventRow[]) => void): () => void {
    const watch: RunWatch = { run, after, onEvents };
    this.#watches.add(watch);
    this.#sendWatches();
    return () => {
      this.#watches.delete(watch);
      this.#sendWatches();
    };
  }

  /** Live raw output of one step; the most recent caller has the stream. */
  tail(target: { run: string; step: string }, onText: (chunk: TailChunk) => void): () => void {
    const entry = { target, onText };
    this.#tails.push(entry);
    this.#send({ t: "tail", target });
    return () => {
      this.#tails.splice(this.#tails.indexOf(entry), 1);
      this.#send({ t: "tail", target: this.#tails.at(-1)?.target ?? null });
    };
  }

  #connect(): void {
    if (this.#stopped) return;
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    socket.addEventListener("open", () =>
      socket.send(JSON.stringify({ t: "hello", version: LIVE_VERSION, since: this.#since } satisfies LiveUp)),
    );
    socket.addEventListener("message", (message: MessageEvent<unknown>) => {
      if (this.#socket === socket && typeof message.data === "string") this.#receive(message.data);
    });
    socket.addEventListener("close", () => {
      if (this.#socket === socket) this.#drop();
    });
  }

  #receive(text: string): void {
    clearTimeout(this.#timers.pong);
    if (text === PONG) return;
    const message = JSON.parse(text) as LiveDown;
    switch (message.t) {
      case "welcome":
        this.#welcome(message);
        break;
      case "changes":
        if (this.#since) this.#since = { ...this.#since, seq: message.seq };
        this.#handlers.changes(message.changes);
        break;
      case "events":
        for (const watch of this.#watches) deliver(watch, message.run, message.events);
        break;
      case "tail":
        for (const { target, onText } of this.#tails) if (target.run === message.run && target.step === message.step) onText(message);
        break;
      case "error":
        this.refusal = message.message;
        break;
    }
  }

  #welcome(message: Welcome): void {
    this.#attempt = 0;
    this.#since = { stream: message.stream, seq: message.seq };
    this.status = "open";
    this.lostAt = null;
    this.#timers.ping = setInterval(() => this.#ping(), PING_INTERVAL_MS);
    this.#sendWatches();
    const tail = this.#tails.at(-1);
    if (tail) this.#send({ t: "tail", target: tail.target });
    this.#handlers.welcome(message);
  }

  #ping(): void {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    this.#socket.send(PING);
    clearTimeout(this.#timers.pong);
    this.#timers.pong = setTimeout(() => this.#drop(), PONG_TIMEOUT_MS);
  }

  /** The connection is gone or not to be trusted: say so and try again. */
  #drop(): void {
    this.#closeSocket();
    if (this.#stopped) return;
    this.status = "lost";
    this.lostAt ??= Date.now();
    clearTimeout(this.#timers.retry);
    const ceiling = Math.min(RECONNECT_MAX_MS, RECONNECT_MIN_MS * 2 ** Math.min(this.#attempt++, 10));
    this.#timers.retry = setTimeout(() => this.#connect(), Math.random() * ceiling);
  }

  #retryNow(): void {
    if (this.#stopped || this.status === "open") return;
    clearTimeout(this.#timers.retry);
    this.#closeSocket();
    this.#connect();
  }

  #closeSocket(): void {
    clearInterval(this.#timers.ping);
    clearTimeout(this.#timers.pong);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #sendWatches(): void {
    const after = new Map<string, number>();
    for (const watch of this.#watches) after.set(watch.run, Math.min(watch.after, after.get(watch.run) ?? Infinity));
    this.#send({ t: "watch", runs: [...after].map(([run, seq]) => ({ run, after: seq })) });
  }

  #send(message: LiveUp): void {
    if (this.status === "open" && this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }
}

/** A new watch makes the server repeat stored events; each watcher takes only what it has not seen. */
function deliver(watch: RunWatch, run: string, events: readonly EventRow[]): void {
  if (watch.run !== run) return;
  const unseen = events.filter((event) => event.seq > watch.after);
  const last = unseen.at(-1);
  if (!last) return;
  watch.after = last.seq;
  watch.onEvents(unseen);
}
