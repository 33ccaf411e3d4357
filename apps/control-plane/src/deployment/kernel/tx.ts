/** The transaction context of a command: the database, the time, randomness, the facts it states and the effects it requests. */
import type { Result } from "@headgate/shared/domain/errors.ts";
import type { Fact } from "../facts.ts";
import type { Database } from "./database.ts";
import type { Effect } from "./effects.ts";
import type { TxStateDefinition, TxStates } from "./tx-state.ts";

export interface Tx {
  readonly now: number;
  readonly db: Database;
  /** A random number in [0, 1). */
  readonly random: () => number;
  readonly newRunId: () => string;
  readonly newId: (prefix: string) => string;
  /** Random bytes that are good enough for secrets. */
  readonly randomBytes: (count: number) => Uint8Array;
  /** The time of the last ping that the platform answered on this socket; null if there was none or the socket is gone. */
  readonly lastPing: (socket: string) => number | null;
  /** Actions to perform after the commit. */
  readonly effects: Effect[];
  /** The stated facts, in order. Followers read them before the commit, dashboards after it. */
  readonly facts: Fact[];
  /** States a fact. Its followers run at the end of this transaction; see `followers.ts`. */
  readonly fact: (fact: Fact) => unknown;
  /** Runs work inside a savepoint: if it refuses or throws, it is rolled back. */
  readonly savepoint: <T>(work: () => Result<T>) => Result<T>;
  readonly states: TxStates;
  /** State that lives as long as the transaction, made on first use. */
  readonly state: <T>(definition: TxStateDefinition<T>) => T;
}
