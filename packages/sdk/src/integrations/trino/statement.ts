/** One statement on its way through Trino's protocol: POST once, GET page after page, DELETE when the rest is not wanted. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "../../values/log.ts";
import { parseAnswer, type Answer, type AnswerColumn } from "./answer.ts";
import { toTrinoError } from "./describe-error.ts";
import { unwatchQuery, watchQuery } from "./orphan-guard.ts";
import type { PreparedText } from "./parameters.ts";
import { createProgress, toStats, type TrinoStats } from "./progress.ts";
import type { TrinoResponse, TrinoTransport } from "./transport.ts";
import { connectionError, isTrinoError } from "./trino-error.ts";

export interface StatementOptions {
  readonly transport: TrinoTransport;
  /** As the user wrote it, for messages. */
  readonly sql: string;
  readonly prepared: PreparedText;
  readonly headers: Readonly<Record<string, string>>;
  /** Aborted when the step is cancelled or times out. */
  readonly signal: AbortSignal;
  readonly deadlineMs: number | undefined;
  readonly log: Logger;
  readonly logLevel: "info" | "debug";
  /** How often a query whose consumer is busy is kept alive. */
  readonly heartbeatMs: number;
  /** Called with the headers of every answer, before its rows are handed out. */
  onHeaders(headers: TrinoResponse["headers"]): void;
  onOpen(statement: Statement): void;
  /** The query is over, on the server too. */
  onClose(statement: Statement): void;
}

export interface Page {
  readonly columns: readonly AnswerColumn[];
  readonly rows: readonly unknown[];
}

const CANCEL_PATIENCE_MS = 5_000;
/** Node fires a longer one at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** Refusals of a server that is not quite up: it answers, but did not begin with the statement. */
const STARTING: ReadonlySet<string> = new Set(["SERVER_STARTING_UP", "NO_NODES_AVAILABLE"]);
const STARTING_PAUSE_MS = 500;
/** How often a page of a running query may come as something that is not Trino's. */
const MAX_UNREADABLE = 4;

export class Statement {
  readonly #options: StatementOptions;
  readonly #abort = new AbortController();
  #next: string | null = null;
  #canceled: Promise<void> | null = null;
  #last: Answer | null = null;
  columns: readonly AnswerColumn[] | null = null;
  updateType: string | null = null;
  updateCount: number | null = null;

  constructor(options: StatementOptions) {
    this.#options = options;
  }

  /** Known once Trino has taken the statement. */
  get queryId(): string | null {
    return this.#last?.id ?? null;
  }

  get stats(): TrinoStats | null {
    return this.#last && toStats(this.#last.stats);
  }

  /** The next page is asked for when the consumer wants it: a slow consumer slows the query down, and no row piles up here. */
  async *pages(): AsyncGenerator<Page, void, undefined> {
    const { signal, deadlineMs } = this.#options;
    signal.throwIfAborted();
    const stop = (): void => this.#stop(signal.reason);
    const deadline =
      deadlineMs === undefined ? undefined : setTimeout(() => this.#stop(this.#late()), Math.min(deadlineMs, LONGEST_TIMER_MS));
    signal.addEventListener("abort", stop, { once: true });
    this.#options.onOpen(this);
    const progress = createProgress({ log: this.#options.log, level: this.#options.logLevel, now: () => performance.now() });
    const startedAt = performance.now();
    let end = "stopped";
    try {
      for (let answer = await this.#submit(); ; answer = await this.#following(answer)) {
        progress.update(answer, toStats(answer.stats));
        if (answer.error && STARTING.has(answer.error.errorName) && performance.now() < this.#options.transport.patientUntil(startedAt)) {
          unwatchQuery(answer.id);
          await this.#pause();
          continue;
        }
        if (answer.error) {
          end = `failed with ${answer.error.errorName}`;
          throw toTrinoError(answer.error, { ...this.#options, id: answer.id, infoUri: answer.infoUri });
        }
        if (this.columns && Array.isArray(answer.data)) yield* this.#lend({ columns: this.columns, rows: answer.data });
        if (this.#canceled !== null) throw this.#gone("was cancelled");
        if (this.#next === null) break;
      }
      end = this.updateType === null ? "finished" : `${this.updateType}${this.updateCount === null ? "" : ` of ${this.updateCount} rows`}`;
    } finally {
      clearTimeout(deadline);
      signal.removeEventListener("abort", stop);
      await this.cancel();
      this.#options.onClose(this);
      if (this.#last) {
        unwatchQuery(this.#last.id);
        progress.finish(this.#last, toStats(this.#last.stats), end);
      }
    }
  }

  /** Ends the query on the server; nothing happens when it has ended. Resolves when Trino has confirmed it. */
  cancel(): Promise<void> {
    const url = this.#next;
    if (url === null) return this.#canceled ?? Promise.resolve();
    this.#next = null;
    this.#canceled ??= this.#delete(url);
    return this.#canceled;
  }

  async #delete(url: string): Promise<void> {
    const { transport, log } = this.#options;
    try {
      await transport.sendPatiently({ method: "DELETE", url, headers: {} }, CANCEL_PATIENCE_MS);
    } catch (error) {
      log.warn(`Trino query ${this.queryId} could not be cancelled and may still run`, { error });
    }
  }

  #stop(reason: unknown): void {
    this.#abort.abort(reason);
    // At once, also while the consumer is busy with a row.
    void this.cancel();
  }

  #gone(what: string): Error {
    return connectionError("QUERY_GONE", `Trino query ${this.queryId} ${what}.`, { queryId: this.queryId });
  }

  #late(): Error {
    const seconds = (this.#options.deadlineMs ?? 0) / 1000;
    return connectionError("DEADLINE_EXCEEDED", `The statement did not end within its deadline of ${seconds} seconds and was cancelled.`, {
      queryId: this.queryId,
    });
  }

  /** While the consumer has the rows, the query is kept alive. */
  async *#lend(page: Page): AsyncGenerator<Page, void, undefined> {
    const { transport, heartbeatMs } = this.#options;
    const beat = setInterval(() => {
      if (this.#next !== null) transport.send({ method: "HEAD", url: this.#next, headers: {} }).catch(() => undefined);
    }, heartbeatMs);
    beat.unref();
    try {
      yield page;
    } finally {
      clearInterval(beat);
    }
    this.#abort.signal.throwIfAborted();
  }

  #following(answer: Answer): Promise<Answer> {
    return answer.error ? this.#submit() : this.#poll(this.#next);
  }

  async #pause(): Promise<void> {
    const { signal } = this.#abort;
    await sleep(STARTING_PAUSE_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
  }

  async #submit(): Promise<Answer> {
    const { transport, prepared, headers } = this.#options;
    const url = `${transport.endpoint.url}/v1/statement`;
    const response = await transport.sendPatiently({ method: "POST", url, headers, body: prepared.text, signal: this.#abort.signal });
    return this.#take(response);
  }

  async #poll(url: string | null): Promise<Answer> {
    this.#abort.signal.throwIfAborted();
    if (url === null) throw this.#gone("was cancelled");
    for (let unreadable = 1; ; unreadable++) {
      const response = await this.#options.transport.sendPatiently({ method: "GET", url, headers: {}, signal: this.#abort.signal });
      try {
        return this.#take(response);
      } catch (error) {
        // Trino answered before, so this comes from something in between. The same page can be asked for again.
        if (!isTrinoError(error) || error.name !== "PROTOCOL_ERROR") throw error;
        if (unreadable >= MAX_UNREADABLE)
          throw connectionError("SERVER_UNAVAILABLE", `${error.message} It did so ${unreadable} times in the middle of a query.`, {
            queryId: this.queryId,
            cause: error,
          });
        await this.#pause();
      }
    }
  }

  #take(response: TrinoResponse): Answer {
    const from = `Trino at ${this.#options.transport.endpoint.url}`;
    if (response.status === 404 || response.status === 410) {
      this.#next = null;
      if (this.#last !== null) throw this.#gone(`is no longer known to ${from}: it was restarted, or dropped the query. Run it again`);
    }
    if (response.status !== 200)
      throw connectionError("PROTOCOL_ERROR", `${from} answered HTTP status ${response.status}: ${response.body.trim().slice(0, 300)}`);
    const answer = parseAnswer(response.body, from);
    const before = this.#next;
    this.#last = answer;
    this.#next = answer.nextUri === undefined ? null : this.#own(answer.nextUri);
    // A query that was cancelled while this answer was on its way.
    if (this.#abort.signal.aborted) void this.cancel();
    else if (this.#next !== null && phaseOf(this.#next) !== phaseOf(before))
      watchQuery(answer.id, this.#next, this.#options.transport.endpoint);
    this.columns ??= answer.columns ?? null;
    this.updateType = answer.updateType ?? this.updateType;
    this.updateCount = answer.updateCount ?? this.updateCount;
    this.#options.onHeaders(response.headers);
    return answer;
  }

  /**
   * Trino makes `nextUri` from the address it believes to have. Behind a proxy that may be a wrong one, and credentials must go nowhere
   * but to the configured address.
   */
  #own(nextUri: string): string {
    const next = new URL(nextUri);
    const { origin, pathname } = new URL(this.#options.transport.endpoint.url);
    const prefix = pathname.replace(/\/$/, "");
    const path = next.pathname.startsWith(`${prefix}/`) ? next.pathname : `${prefix}${next.pathname}`;
    return `${origin}${path}${next.search}`;
  }
}

/** `queued` or `executing`: an address of the first phase cannot cancel in the second one. */
function phaseOf(url: string | null): string | undefined {
  return url?.split("/v1/statement/")[1]?.split("/")[0];
}
