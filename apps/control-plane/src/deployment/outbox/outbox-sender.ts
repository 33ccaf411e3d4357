/**
 * Sends due messages, a few at once, until none is due. A message is deleted after its delivery. After a crash in between it is sent again
 * with the same key: no message is lost or sent under two keys.
 */
import type { Tx } from "../kernel/tx.ts";
import type { Reader } from "../kernel/reader.ts";
import type { Destinations, SendResult } from "./destination.ts";
import { dueMessages, type StoredMessage } from "./outbox-store.ts";
import { type Attempt, settleAttempts } from "./settle-attempts.ts";

/** A Worker may have at most six open outgoing requests. */
const AT_ONCE = 6;
const SEND_TIMEOUT_MS = 10_000;
const MOMENT_MS = 2_000;

export interface OutboxPorts {
  reader(): Reader;
  commit<T>(command: (tx: Tx) => T): T;
  readonly destinations: Destinations;
  /** The time limit of one request, in milliseconds. Default: 10 seconds. */
  readonly timeoutMs?: number | undefined;
}

export class OutboxSender {
  readonly #ports: OutboxPorts;
  #sending: Promise<void> | null = null;

  constructor(ports: OutboxPorts) {
    this.#ports = ports;
  }

  /** Resolves when no message is due. Concurrent calls share one pass. Rejects if the database fails; the timer tries again. */
  async send(): Promise<void> {
    this.#sending ??= this.#sendDue().finally(() => {
      this.#sending = null;
    });
    await this.#sending;
  }

  /** Resolves when nothing is being sent, or after a moment: a slow receiver must not hold up an answer. */
  async settled(): Promise<void> {
    if (this.#sending === null) return;
    let timer: ReturnType<typeof setTimeout> | null = null;
    const aMoment = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, MOMENT_MS);
    });
    await Promise.race([this.#sending.catch(() => undefined), aMoment]);
    clearTimeout(timer);
  }

  async #sendDue(): Promise<void> {
    for (;;) {
      const { db, now } = this.#ports.reader();
      const due = dueMessages(db, { now, limit: AT_ONCE });
      if (due.length === 0) return;
      const attempts = await Promise.all(due.map(async (message): Promise<Attempt> => ({ message, result: await this.#sendOne(message) })));
      this.#ports.commit((tx) => settleAttempts(tx, attempts));
    }
  }

  async #sendOne({ destination, key, topic, body }: StoredMessage): Promise<SendResult> {
    const timeoutMs = this.#ports.timeoutMs ?? SEND_TIMEOUT_MS;
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | null = null;
    const timedOut = new Promise<SendResult>((resolve) => {
      timer = setTimeout(() => {
        abort.abort();
        resolve({ outcome: "failed", reason: `No answer within ${timeoutMs / 1000} seconds.` });
      }, timeoutMs);
    });
    try {
      return await Promise.race([this.#ports.destinations[destination].send({ key, topic, body }, abort.signal), timedOut]);
    } catch (error) {
      return { outcome: "failed", reason: reasonOf(error) };
    } finally {
      clearTimeout(timer);
    }
  }
}

/** The innermost cause: an outer error may quote the message, which can be long or confidential. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? reasonOf(error.cause) : error.message;
}
