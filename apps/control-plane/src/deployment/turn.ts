/** What a command works with: the database inside one transaction, the time, randomness, and the list of effects to perform afterwards. */
import type { Catalog } from "./catalog.ts";
import type { RunSession } from "./commands/run-session.ts";
import type { Effect } from "./effects.ts";
import type { Database } from "./store/database.ts";

export interface Turn {
  readonly now: number;
  readonly db: Database;
  /** The active definitions; always those of this moment, also after a command changed them. */
  readonly catalog: () => Catalog;
  readonly definitionsChanged: () => void;
  /** In [0, 1). */
  readonly random: () => number;
  readonly newRunId: () => string;
  readonly newId: (prefix: string) => string;
  /** When the platform last answered a ping on this socket; null: never, or the socket is gone. */
  readonly lastPing: (socket: string) => number | null;
  readonly effects: Effect[];
  /** Runs touched in this turn; written back at its end. */
  readonly runs: Map<number, RunSession>;
  /** Counts up the deployment-wide event number. */
  readonly sequence: { next: number | null };
}
