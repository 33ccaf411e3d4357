/** The storage of a Durable Object in Node: SQL, synchronous transactions and one alarm. */
import { DatabaseSync } from "node:sqlite";
import { NodeSqlStorage } from "./sql-storage.ts";

/** Longer waits overflow Node's timers; no test lasts that long. */
const LONGEST_WAIT_MS = 2_000_000_000;

export class NodeStorage {
  readonly sql: NodeSqlStorage;
  readonly #database: DatabaseSync;
  readonly #ring: () => void;
  #depth = 0;
  #alarm: { readonly at: number; readonly timeout: ReturnType<typeof setTimeout> } | null = null;

  /** `ring` is called when the alarm is due. `path`: a file that outlives the process. */
  constructor(ring: () => void, path = ":memory:") {
    this.#database = new DatabaseSync(path);
    this.sql = new NodeSqlStorage(this.#database);
    this.#ring = ring;
  }

  /** An exception undoes the closure's changes; transactions may be nested. */
  transactionSync<T>(closure: () => T): T {
    const name = `level_${this.#depth}`;
    this.#database.exec(`SAVEPOINT ${name}`);
    this.#depth++;
    try {
      const result = closure();
      this.#database.exec(`RELEASE ${name}`);
      return result;
    } catch (error) {
      this.#database.exec(`ROLLBACK TO ${name}; RELEASE ${name}`);
      throw error;
    } finally {
      this.#depth--;
    }
  }

  async getAlarm(): Promise<number | null> {
    return this.#alarm?.at ?? null;
  }

  async setAlarm(at: number | Date): Promise<void> {
    const time = Number(at);
    if (time <= 0) throw new TypeError("setAlarm() cannot be called with an alarm time <= 0");
    this.#clearAlarm();
    const wait = Math.min(Math.max(0, time - Date.now()), LONGEST_WAIT_MS);
    const timeout = setTimeout(() => {
      this.#alarm = null;
      this.#ring();
    }, wait);
    this.#alarm = { at: time, timeout };
  }

  async deleteAlarm(): Promise<void> {
    this.#clearAlarm();
  }

  #clearAlarm(): void {
    if (this.#alarm) clearTimeout(this.#alarm.timeout);
    this.#alarm = null;
  }
}
