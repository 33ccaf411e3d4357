/**
 * Runs commands and queries: one command is one transaction, its effects are performed after it. Holds everything that lives as long as
 * the object is in memory, all of which can be made again from the tables.
 */
import { refuse, type Result } from "@headgate/shared/domain/errors.ts";
import { uuidv7 } from "@headgate/shared/ids.ts";
import { type Catalog, loadCatalog } from "./catalog/catalog.ts";
import { clock } from "./kernel/clock.ts";
import { evaluateConditions } from "./conditions/evaluate.ts";
import { beforeCommit } from "./before-commit.ts";
import { closeRuns } from "./runs/run-session.ts";
import { type EffectPorts, hasLiveChanges, performEffects } from "./kernel/effects.ts";
import { Live } from "./live/live.ts";
import { logError } from "./kernel/log-error.ts";
import { forgetCaches } from "./kernel/forget-caches.ts";
import type { Reader } from "./kernel/reader.ts";
import { Sockets } from "./kernel/sockets.ts";
import { type Database, openDatabase } from "./kernel/database.ts";
import { advanceStream } from "./kernel/meta-store.ts";
import { Timers } from "./kernel/timers.ts";
import { savepointIn } from "./kernel/savepoint.ts";
import { Trials } from "./dry-run/dry-runs.ts";
import type { Tx } from "./kernel/tx.ts";

export class Engine {
  readonly db: Database;
  readonly sockets: Sockets;
  readonly timers: Timers;
  readonly live: Live;
  readonly trials = new Trials();
  /** Of the active versions; kept up to date by `definitions.ts`. */
  definitionsHash = "";
  /** Frames of kinds that this release does not know. */
  ignoredFrames = 0;
  readonly #storage: DurableObjectStorage;
  #catalog: Catalog | null = null;

  constructor(state: DurableObjectState) {
    this.#storage = state.storage;
    this.db = openDatabase(state.storage);
    this.sockets = new Sockets(state);
    this.timers = new Timers(this.db, state.storage);
    this.live = new Live(this.sockets, () => this.reader());
  }

  get catalog(): Catalog {
    this.#catalog ??= loadCatalog(this.db);
    return this.#catalog;
  }

  reader(): Reader {
    return {
      db: this.db,
      now: clock.now(),
      catalog: () => this.catalog,
      definitionsHash: this.definitionsHash,
      lastPing: (socket) => this.sockets.lastPing(socket),
    };
  }

  /** One transaction; nothing of it is visible outside before it is stored. */
  commit<T>(command: (tx: Tx) => T, committed?: (result: T) => void): T {
    const tx = this.#newTx();
    this.timers.noticeClock(tx.now);
    let seq: number | null = null;
    let result: T;
    try {
      result = this.#storage.transactionSync(() => {
        const answer = command(tx);
        beforeCommit(tx);
        closeRuns(tx);
        if (hasLiveChanges(tx.effects)) seq = advanceStream(this.db);
        return answer;
      });
    } catch (error) {
      this.#catalog = null;
      forgetCaches(this.db);
      throw error;
    }
    committed?.(result);
    performEffects(tx.effects, this.#ports(seq));
    return result;
  }

  /** What would happen? Nothing of it is kept. */
  dryRun<T>(work: (tx: Tx) => T): T {
    const tx = this.#newTx();
    let answer: { readonly value: T } | null = null;
    tx.attempt(() => {
      answer = { value: work(tx) };
      return refuse("internal", "dryRund");
    });
    return (answer as unknown as { readonly value: T }).value;
  }

  /** A command that answers with something read after it. */
  commitThen<T, V>(command: (tx: Tx) => Result<T>, read: (reader: Reader, value: T) => V): Result<V> {
    const result = this.commit(command);
    return result.ok ? { ok: true, value: read(this.reader(), result.value) } : result;
  }

  #newTx(): Tx {
    const tx: Tx = {
      now: clock.now(),
      db: this.db,
      catalog: () => this.catalog,
      definitionsChanged: () => {
        this.#catalog = null;
      },
      random: Math.random,
      newRunId: () => uuidv7(clock.now(), crypto.getRandomValues(new Uint8Array(16))),
      newId: (prefix) =>
        `${prefix}_${[...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(36).padStart(2, "0")).join("")}`,
      randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
      lastPing: (socket) => this.sockets.lastPing(socket),
      effects: [],
      runs: new Map(),
      ended: [],
      atEnd: { dispatch: false, sensors: new Set() },
      attempt: (work) => savepointIn(tx, this.#storage, work),
      sequence: { next: null },
    };
    return tx;
  }

  #ports(seq: number | null): EffectPorts {
    return {
      send: (socket, frame) => {
        this.sockets.send(socket, frame);
        // Somebody may be looking at this step's output already, from an attempt before.
        if (frame.t === "job" && this.live.isTailed(frame))
          this.sockets.send(socket, { t: "tail", run: frame.run, step: frame.step, on: true });
      },
      close: (socket, code, reason) => this.sockets.close(socket, code, reason),
      armTimers: () => this.timers.arm(),
      evaluateConditions: () => {
        try {
          this.commit(evaluateConditions);
        } catch (error) {
          // What changed is written down, and a timer looks at it again.
          logError("Automation conditions could not be evaluated", error);
        }
      },
      trialAnswered: (answer) => this.trials.answer(answer),
      publish: (changed) => {
        try {
          this.live.publish(changed, seq);
        } catch (error) {
          // What is committed stays: who asked for it must not be told that it failed because somebody looks on.
          logError("Changes could not be sent to dashboards", error);
        }
      },
    };
  }
}
