/** The context of every query. */
import type { Database } from "./database.ts";

export interface Reader {
  readonly db: Database;
  readonly now: number;
  /** The time of the last ping that the platform answered on this socket; null if there was none or the socket is gone. */
  readonly lastPing: (socket: string) => number | null;
}
