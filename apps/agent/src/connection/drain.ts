/** How an agent stops: no new work, time for what runs, then the last reports, then the end of the connection. */
import type { UpFrame } from "@headgate/shared/protocol/up.ts";
import type { AgentLog } from "../agent-log.ts";

/** Tells the control plane that no new work should be sent. */
export type Draining = Extract<UpFrame, { t: "draining" }>;

export interface DrainOptions {
  readonly graceMs: number;
  /** For the last acknowledgements and uploads. */
  readonly farewellMs: number;
  readonly work: {
    readonly running: number;
    drain(): void;
    /** Ends what outlasted the grace time. */
    stopAll(reason: string): void;
    whenIdle(): Promise<void>;
  };
  readonly connection: { readonly connected: boolean; send(frame: UpFrame): void; stop(): void };
  readonly outbox: { whenEmpty(timeoutMs: number): Promise<unknown> };
  readonly uploads: { whenIdle(timeoutMs: number): Promise<void> };
  readonly log: AgentLog;
}

/** One stop of an agent. It cannot be taken back. */
export class Drain {
  readonly #options: DrainOptions;
  #announcement: Draining | null = null;
  #stopped: Promise<void> | null = null;

  constructor(options: DrainOptions) {
    this.#options = options;
  }

  /** Is repeated after each welcome, because the control plane may have missed it. Null when the agent does not stop. */
  get announcement(): Draining | null {
    return this.#announcement;
  }

  /** Resolves when the connection may end. Further calls wait for the first. */
  start(reason: string): Promise<void> {
    this.#stopped ??= this.#drain(reason);
    return this.#stopped;
  }

  async #drain(reason: string): Promise<void> {
    const { work, connection, outbox, uploads, graceMs, farewellMs, log } = this.#options;
    log.info("draining", { reason, running: work.running, graceMs });
    this.#announcement = { t: "draining", reason, deadlineMs: graceMs };
    work.drain();
    if (connection.connected) connection.send(this.#announcement);
    const grace = setTimeout(() => work.stopAll(reason), graceMs);
    await work.whenIdle();
    clearTimeout(grace);
    await Promise.all([connection.connected ? outbox.whenEmpty(farewellMs) : undefined, uploads.whenIdle(farewellMs)]);
    connection.stop();
  }
}
