/** What every query works with. */
import type { Catalog } from "../catalog/catalog.ts";
import type { Database } from "./database.ts";
import { readWaitContext, type WaitContext } from "../queue/waiting.ts";

export interface Reader {
  readonly db: Database;
  readonly now: number;
  readonly catalog: () => Catalog;
  readonly definitionsHash: string;
  readonly lastPing: (socket: string) => number | null;
}

export function waitContext(reader: Reader): WaitContext {
  return readWaitContext({ db: reader.db, catalog: reader.catalog(), now: reader.now, lastPing: reader.lastPing });
}
