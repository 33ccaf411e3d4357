/** What a command works with: the database inside one transaction, the time, randomness, the facts it states and the effects it asks for. */
import type { Result } from "@headgate/shared/domain/errors.ts";
import type { Fact } from "../facts.ts";
import type { Database } from "./database.ts";
import type { Effect } from "./effects.ts";
import type { TxStates } from "./tx-state.ts";

export interface Tx {
  readonly now: number;
  readonly db: Database;
  /** In [0, 1). */
  readonly random: () => number;
  readonly newRunId: () => string;
  readonly newId: (prefix: string) => string;
  /** For secrets. */
  readonly randomBytes: (count: number) => Uint8Array;
  /** When the platform last answered a ping on this socket; null: never, or the socket is gone. */
  readonly lastPing: (socket: string) => number | null;
  /** What the object does after the commit. */
  readonly effects: Effect[];
  /** What happened, in order. Followers read it before the commit, dashboards after it. */
  readonly facts: Fact[];
  /** States a fact. Its followers run at the end of this transaction; see `followers.ts`. */
  readonly fact: (fact: Fact) => void;
  /** Work that is done as a whole or, when it refuses or throws, not at all. */
  readonly savepoint: <T>(work: () => Result<T>) => Result<T>;
  readonly states: TxStates;
}
