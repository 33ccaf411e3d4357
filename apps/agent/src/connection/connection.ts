/**
 * Keeps one connection to the control plane: open, wait for its end, decide, wait, open again. Nothing else opens or closes sockets;
 * every cause only ends the session or wakes this loop.
 */
import { backoffMs } from "@headgate/shared/net/backoff.ts";
import { CLOSE } from "@headgate/shared/protocol/close-codes.ts";
import type { DownFrame } from "@headgate/shared/protocol/down.ts";
import type { Hello, UpFrame } from "@headgate/shared/protocol/up.ts";
import type { AgentLog } from "../agent-log.ts";
import type { AgentToken } from "../agent-token.ts";
import type { AgentTiming } from "../timing.ts";
import { afterClose, type Ending, type NextMove } from "./after-close.ts";
import { Session, type Welcome } from "./session.ts";
import { WAKE, Waker } from "./wake.ts";

export interface ConnectionOptions {
  readonly url: string;
  readonly token: AgentToken;
  readonly exitOnRefusal: boolean;
  readonly timing: AgentTiming;
  readonly log: AgentLog;
  readonly now: () => number;
  readonly random: () => number;
  readonly hello: () => Hello;
  readonly onWelcome: (welcome: Welcome) => void;
  readonly onFrame: (frame: Exclude<DownFrame, Welcome>) => void;
  readonly onLost: () => void;
}

/** Why the agent does not connect any more. */
export interface ConnectionEnd {
  readonly exit: "stopped" | Exclude<NextMove, { move: "retry" }>["exit"];
  readonly message: string;
}

/** The connection loop. `run` resolves when the agent must not connect any more. */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #waker = new Waker();
  #session: Session | null = null;
  #stopping = false;
  /** Connections in a row that did not last. */
  #failures = 0;
  #activeAt: number;
  #problem: string | null = null;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#activeAt = options.now();
  }

  get connected(): boolean {
    return this.#session?.welcomed === true;
  }

  /** When the last message came or the last attempt began. While the loop waits, the end of that wait, which lies in the future. */
  get activeAt(): number {
    return Math.max(this.#activeAt, this.#session?.heardAt ?? 0);
  }

  /** Why there is no connection. Null while there is one, and before the first attempt has ended. */
  get problem(): string | null {
    return this.connected ? null : this.#problem;
  }

  get backlog(): number {
    return this.#session?.backlog ?? 0;
  }

  /** Does nothing when there is no connection. Reports that must arrive go through the outbox. */
  send(frame: UpFrame): void {
    this.sendText(JSON.stringify(frame));
  }

  sendText(text: string): void {
    this.#session?.send(text);
  }

  /** The control plane stored something, so the connection works and the next break is retried at once. */
  progressed(): void {
    this.#failures = 0;
  }

  /** Drops the present socket; the loop opens the next. */
  reconnect(): void {
    this.#session?.abandon(WAKE.closed);
  }

  stop(): void {
    this.#stopping = true;
    this.#session?.close(CLOSE.drained, "drained");
    // A peer that does not answer the close frame must not hold the process.
    const session = this.#session;
    setTimeout(() => session?.abandon(WAKE.stop), 1000).unref();
    this.#waker.wake(WAKE.stop);
  }

  async run(): Promise<ConnectionEnd> {
    const { log, timing } = this.#options;
    while (!this.#stopping) {
      const ending = await this.#connectOnce();
      if (this.#stopping) break;
      const next = afterClose(ending);
      this.#problem = next.message;
      if (next.move === "stop") return { exit: next.exit, message: next.message };
      if (next.move === "refused") {
        if (this.#options.token.isReplaced) {
          log.info("the agent token was refused and its file has another one");
          continue;
        }
        log.error(next.message);
        if (this.#options.exitOnRefusal) return { exit: next.exit, message: next.message };
        await this.#waitRefused();
        continue;
      }
      const wait = Math.max(
        next.minWaitMs,
        backoffMs(++this.#failures, this.#options.random(), { firstMs: timing.reconnectMinMs, maxMs: timing.reconnectMaxMs }),
      );
      log[next.level](next.message, { retryInMs: wait });
      await this.#sleep(wait);
    }
    return { exit: "stopped", message: "" };
  }

  async #connectOnce(): Promise<Ending> {
    const { url, timing, log, now } = this.#options;
    this.#activeAt = now();
    const token = this.#options.token.next();
    if (!token.ok) return { kind: "token", message: token.error.message };
    let welcomedAt: number | null = null;
    const session = new Session({
      url,
      token: token.value,
      hello: this.#options.hello,
      log,
      timing,
      now,
      onWelcome: (welcome) => {
        welcomedAt = now();
        this.#options.onWelcome(welcome);
      },
      onFrame: this.#options.onFrame,
    });
    this.#session = session;
    const ending = await session.ended;
    this.#activeAt = Math.max(this.#activeAt, session.heardAt);
    this.#session = null;
    // A server that welcomes and closes at once must not be called in a tight loop.
    if (welcomedAt !== null && now() - welcomedAt > timing.reconnectMaxMs / 6) this.#failures = 0;
    if (welcomedAt !== null) this.#options.onLost();
    return ending;
  }

  async #waitRefused(): Promise<void> {
    const { timing, now, token } = this.#options;
    const until = now() + timing.refusedRetryMs;
    while (!this.#stopping && now() < until) {
      await this.#sleep(Math.min(timing.tokenCheckMs, until - now()));
      if (token.isReplaced) return;
    }
  }

  async #sleep(ms: number): Promise<void> {
    this.#activeAt = this.#options.now() + ms;
    await this.#waker.sleep(ms);
  }
}
