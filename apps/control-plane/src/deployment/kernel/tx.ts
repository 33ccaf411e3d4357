/** What a command works with: the database inside one transaction, the time, randomness, and the list of effects to perform afterwards. */
import type { Catalog } from "../catalog/catalog.ts";
import type { RunSession } from "../runs/run-session.ts";
import type { Result } from "@headgate/shared/domain/errors.ts";
import type { Effect } from "./effects.ts";
import type { Database } from "./database.ts";

export interface Tx {
  readonly now: number;
  readonly db: Database;
  /** The active definitions; always those of this moment, also after a command changed them. */
  readonly catalog: () => Catalog;
  readonly definitionsChanged: () => void;
  /** In [0, 1). */
  readonly random: () => number;
  readonly newRunId: () => string;
  readonly newId: (prefix: string) => string;
  /** For secrets. */
  readonly randomBytes: (count: number) => Uint8Array;
  /** When the platform last answered a ping on this socket; null: never, or the socket is gone. */
  readonly lastPing: (socket: string) => number | null;
  readonly effects: Effect[];
  /** Runs touched in this transaction; written back at its end. */
  readonly runs: Map<number, RunSession>;
  /** Runs that ended in this transaction and whose followers have not been told yet; see `finish-turn.ts`. */
  readonly ended: RunSession[];
  /** What is done once, before the transaction is stored: a look at the queue, and at sensors (by id) for which events came. */
  readonly atEnd: { dispatch: boolean; readonly sensors: Set<string> };
  /** Work that is done as a whole or, when it refuses or throws, not at all. */
  readonly attempt: <T>(work: () => Result<T>) => Result<T>;
  /** Counts up the deployment-wide event number. */
  readonly sequence: { next: number | null };
}
