/**
 * Runs commands and queries. One command is one transaction: its followers run inside it, its effects after it. The engine also holds the
 * state that lives as long as the object is in memory; all of it can be rebuilt from the tables.
 */
import { refuse, type Result } from "@headgate/shared/domain/errors.ts";
import { uuidv7 } from "@headgate/shared/ids.ts";
import { evaluateConditions } from "./conditions/evaluation/evaluate.ts";
import { WaitingDryRuns } from "./dry-run/waiting-dry-runs.ts";
import { type Fact, SHOWN } from "./facts.ts";
import { runFollowers } from "./followers.ts";
import { clock } from "./kernel/clock.ts";
import { type Database, forgetUndone, openDatabase } from "./kernel/database.ts";
import { assertNever } from "@headgate/shared/domain/assert.ts";
import type { Effect } from "./kernel/effects.ts";
import { logError } from "./kernel/log-error.ts";
import { advanceStream } from "./kernel/meta-store.ts";
import type { Reader } from "./kernel/reader.ts";
import { runInSavepoint } from "./kernel/savepoint.ts";
import { Sockets } from "./kernel/sockets.ts";
import { Timers } from "./kernel/timers.ts";
import type { Tx } from "./kernel/tx.ts";
import type { TxStateDefinition, TxStates } from "./kernel/tx-state.ts";
import { Live } from "./live/live.ts";
import { closeRuns } from "./runs/run-session.ts";

export class Engine {
  readonly db: Database;
  readonly sockets: Sockets;
  readonly timers: Timers;
  readonly live: Live;
  readonly dryRuns = new WaitingDryRuns();
  /** The number of frames of unknown kinds. */
  ignoredFrames = 0;
  /** The number of reports about steps that their agent does not have. */
  unheldReports = 0;
  readonly #storage: DurableObjectStorage;
  readonly #outboxDue: () => void;

  /** `outboxDue` is called after a commit that left a message to send. */
  constructor(state: DurableObjectState, outboxDue: () => void) {
    this.#outboxDue = outboxDue;
    this.#storage = state.storage;
    this.db = openDatabase(state.storage);
    this.sockets = new Sockets(state);
    this.timers = new Timers(this.db, state.storage);
    this.live = new Live(this.sockets, () => this.reader());
  }

  reader(): Reader {
    return { db: this.db, now: clock.now(), lastPing: (socket) => this.sockets.lastPing(socket) };
  }

  /** Runs a command as one transaction; nothing is visible outside before it is stored. */
  commit<T>(command: (tx: Tx) => T): T {
    const tx = this.#newTx();
    this.timers.noticeClock(tx.now);
    let seq: number | null = null;
    let result: T;
    try {
      result = this.#storage.transactionSync(() => {
        const answer = command(tx);
        runFollowers(tx);
        closeRuns(tx);
        if (tx.facts.some(({ type }) => type in SHOWN)) seq = advanceStream(this.db);
        return answer;
      });
    } catch (error) {
      forgetUndone(this.db, "transaction");
      throw error;
    }
    for (const effect of tx.effects) this.#perform(effect);
    if (tx.effects.some(({ type }) => type === "timers_changed")) this.timers.arm();
    this.#publish(tx.facts, seq);
    return result;
  }

  /** Runs the work and rolls all of it back. */
  rollBack<T>(work: (tx: Tx) => T): T {
    const tx = this.#newTx();
    let answer: { readonly value: T } | null = null;
    tx.savepoint(() => {
      answer = { value: work(tx) };
      return refuse("internal", "rolled back");
    });
    return (answer as unknown as { readonly value: T }).value;
  }

  /** Runs a command and answers with something read after the commit. */
  commitThen<T, V>(command: (tx: Tx) => Result<T>, read: (reader: Reader, value: T) => V): Result<V> {
    const result = this.commit(command);
    return result.ok ? { ok: true, value: read(this.reader(), result.value) } : result;
  }

  #newTx(): Tx {
    const facts: Fact[] = [];
    const states: TxStates = new Map();
    const tx: Tx = {
      now: clock.now(),
      db: this.db,
      random: Math.random,
      newRunId: () => uuidv7(clock.now(), crypto.getRandomValues(new Uint8Array(16))),
      newId: (prefix) =>
        `${prefix}_${[...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(36).padStart(2, "0")).join("")}`,
      randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
      lastPing: (socket) => this.sockets.lastPing(socket),
      effects: [],
      facts,
      fact: facts.push.bind(facts),
      savepoint: (work) => runInSavepoint(tx, this.#storage, work),
      states,
      state: <S>(definition: TxStateDefinition<S>): S => {
        const key = definition as TxStateDefinition<unknown>;
        if (!states.has(key)) states.set(key, definition.make());
        return states.get(key) as S;
      },
    };
    return tx;
  }

  #perform(effect: Effect): void {
    switch (effect.type) {
      case "send": {
        const { socket, frame } = effect;
        this.sockets.send(socket, frame);
        // A dashboard may already show this step's output, from an earlier attempt.
        if (frame.t === "job" && this.live.isTailed(frame))
          this.sockets.send(socket, { t: "tail", run: frame.run, step: frame.step, on: true });
        break;
      }
      case "close":
        this.sockets.close(effect.socket, effect.code, effect.reason);
        break;
      case "timers_changed":
        break;
      default:
        assertNever(effect);
    }
  }

  /** Runs after the commit: if it fails, the transaction is stored anyway. */
  #publish(facts: readonly Fact[], seq: number | null): void {
    for (const fact of facts) if (fact.type === "dry_run_answered") this.dryRuns.answer(fact);
    try {
      this.live.publish(facts, seq);
    } catch (error) {
      // The command succeeded, even if a dashboard cannot be reached.
      logError("Changes could not be sent to dashboards", error);
    }
    if (facts.some(({ type }) => type === "outbox_due")) this.#outboxDue();
    if (facts.some(({ type }) => type === "conditions_changed")) this.#evaluateConditions();
  }

  #evaluateConditions(): void {
    try {
      this.commit(evaluateConditions);
    } catch (error) {
      // The changes are stored, and a timer repeats the evaluation.
      logError("Automation conditions could not be evaluated", error);
    }
  }
}
