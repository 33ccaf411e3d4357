/** What every query works with. */
import type { Database } from "./database.ts";

export interface Reader {
  readonly db: Database;
  readonly now: number;
  /** When the platform last answered a ping on this socket; null: never, or the socket is gone. */
  readonly lastPing: (socket: string) => number | null;
}
