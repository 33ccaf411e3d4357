/**
 * The client of a deployment's live socket, without a framework. It says hello with the number of the last change it saw, so that the
 * server sends what was missed, or says in its welcome that everything must be fetched again. A lost connection is opened again after a
 * growing, random wait; watched runs and the tailed step continue where they were.
 */
import type { Change, LiveDown, LiveUp } from "../contract/live/messages.ts";
import { LIVE_VERSION } from "../contract/live/version.ts";
import type { EventRow } from "../contract/runs/run-views.ts";
import type { AppError } from "../domain/errors.ts";
import { backoffMs, type BackoffBounds } from "../net/backoff.ts";
import { PING, PONG } from "../protocol/constants.ts";
import { RunWatches } from "./run-watches.ts";
import type { LiveSocket, OpenLiveSocket } from "./socket.ts";

export type Welcome = Extract<LiveDown, { t: "welcome" }>;
export type TailChunk = Extract<LiveDown, { t: "tail" }>;
export type LiveStatus = "connecting" | "open" | "lost";

export interface LiveHandlers {
  /** After each connect, and when too much changed to list it. With `refetch`, changes may have been missed. */
  readonly onWelcome?: ((message: Welcome) => void) | undefined;
  readonly onChanges?: ((changes: readonly Change[]) => void) | undefined;
  readonly onStatus?: ((status: LiveStatus) => void) | undefined;
  /** The server reported an error about one of our messages. */
  readonly onError?: ((message: string) => void) | undefined;
  /** The connection was refused for good; the client has stopped. */
  readonly onRefused?: ((error: AppError) => void) | undefined;
}

export interface LiveClientOptions {
  readonly open: OpenLiveSocket;
  readonly handlers: LiveHandlers;
  readonly random: () => number;
  readonly reconnect: BackoffBounds;
  /** A ping that gets no answer within `timeoutMs` ends the connection. Null: no pings. */
  readonly keepAlive: { readonly intervalMs: number; readonly timeoutMs: number } | null;
}

interface TailTarget {
  readonly run: string;
  readonly step: string;
}

interface Timers {
  retry?: ReturnType<typeof setTimeout>;
  ping?: ReturnType<typeof setInterval>;
  /** Runs while a ping has no answer yet. */
  pong?: ReturnType<typeof setTimeout> | undefined;
}

export class LiveClient {
  readonly #options: LiveClientOptions;
  readonly #watches = new RunWatches();
  readonly #tails: { readonly target: TailTarget; readonly onText: (chunk: TailChunk) => void }[] = [];
  readonly #timers: Timers = {};
  #status: LiveStatus = "connecting";
  #socket: LiveSocket | null = null;
  /** Where to resume: the last change that was seen. */
  #since: { readonly stream: string; readonly seq: number } | null = null;
  /** Failed connections in a row. */
  #failures = 0;
  #stopped = true;

  constructor(options: LiveClientOptions) {
    this.#options = options;
  }

  start(): void {
    this.#stopped = false;
    this.#connect();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timers.retry);
    this.#closeSocket();
  }

  /** The network is gone: do not wait until the socket notices. */
  disconnect(): void {
    this.#lose();
  }

  /** The network is back: do not wait for the next attempt. */
  reconnectNow(): void {
    if (this.#stopped || this.#status === "open") return;
    clearTimeout(this.#timers.retry);
    this.#closeSocket();
    this.#connect();
  }

  /**
   * Stored events of the run with a greater number than `after`, then new ones: each once and in order, also across reconnects. Returns
   * a function that ends the watch.
   */
  watchRun(run: string, after: number, onEvents: (events: readonly EventRow[]) => void): () => void {
    const end = this.#watches.add({ run, after, onEvents });
    this.#sendWatches();
    return () => {
      end();
      this.#sendWatches();
    };
  }

  /** Raw output of one step from now on. The server sends one step at a time: the latest caller has it. Returns a function that ends it. */
  tail(target: TailTarget, onText: (chunk: TailChunk) => void): () => void {
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
    const isCurrent = (): boolean => this.#socket === socket;
    const socket: LiveSocket = this.#options.open({
      onOpen: () => {
        if (isCurrent()) socket.send(JSON.stringify({ t: "hello", version: LIVE_VERSION, since: this.#since } satisfies LiveUp));
      },
      onText: (text) => {
        if (isCurrent()) this.#receive(text);
      },
      onClose: () => {
        if (isCurrent()) this.#lose();
      },
      onRefused: (error) => {
        if (!isCurrent()) return;
        this.stop();
        this.#options.handlers.onRefused?.(error);
      },
    });
    this.#socket = socket;
  }

  #receive(text: string): void {
    this.#endPongWait();
    if (text === PONG) return;
    const { handlers } = this.#options;
    const message = JSON.parse(text) as LiveDown;
    switch (message.t) {
      case "welcome":
        this.#welcome(message);
        break;
      case "changes":
        if (this.#since) this.#since = { ...this.#since, seq: message.seq };
        handlers.onChanges?.(message.changes);
        break;
      case "events":
        this.#watches.deliver(message.run, message.events);
        break;
      case "tail":
        for (const { target, onText } of this.#tails) if (target.run === message.run && target.step === message.step) onText(message);
        break;
      case "error":
        handlers.onError?.(message.message);
        break;
      default:
      // A newer control plane may send more kinds of messages.
    }
  }

  #welcome(message: Welcome): void {
    this.#failures = 0;
    this.#since = { stream: message.stream, seq: message.seq };
    this.#setStatus("open");
    this.#startPings();
    if (!this.#watches.isEmpty) this.#sendWatches();
    const tail = this.#tails.at(-1);
    if (tail) this.#send({ t: "tail", target: tail.target });
    this.#options.handlers.onWelcome?.(message);
  }

  #startPings(): void {
    const { keepAlive } = this.#options;
    // A second welcome on the same socket must not start a second timer.
    clearInterval(this.#timers.ping);
    if (keepAlive === null) return;
    this.#timers.ping = setInterval(() => {
      this.#socket?.send(PING);
      this.#timers.pong ??= setTimeout(() => this.#lose(), keepAlive.timeoutMs);
    }, keepAlive.intervalMs);
  }

  #endPongWait(): void {
    clearTimeout(this.#timers.pong);
    this.#timers.pong = undefined;
  }

  #lose(): void {
    this.#closeSocket();
    if (this.#stopped) return;
    this.#setStatus("lost");
    clearTimeout(this.#timers.retry);
    const wait = backoffMs(this.#failures++, this.#options.random(), this.#options.reconnect);
    this.#timers.retry = setTimeout(() => this.#connect(), wait);
  }

  #closeSocket(): void {
    clearInterval(this.#timers.ping);
    this.#endPongWait();
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #setStatus(status: LiveStatus): void {
    this.#status = status;
    this.#options.handlers.onStatus?.(status);
  }

  #sendWatches(): void {
    this.#send({ t: "watch", runs: this.#watches.wanted() });
  }

  /** Before the welcome nothing is sent: the welcome sends what is wanted by then. */
  #send(message: LiveUp): void {
    if (this.#status === "open") this.#socket?.send(JSON.stringify(message));
  }
}
