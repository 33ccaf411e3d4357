/** Counts how often sensors started themselves, by the root of their chain. */
import type { Database } from "../kernel/database.ts";

/** A chain without activity for this time is over. */
const KEPT_MS = 7 * 24 * 60 * 60 * 1000;

/** Returns the count including this tick. A tick counts once, even if it has several checkpoints. */
export function countSelfStart(
  db: Database,
  { root, sensor, tick, now }: { readonly root: string; readonly sensor: string; readonly tick: string; readonly now: number },
): number {
  db.sql.exec("DELETE FROM self_start WHERE at < ?", now - KEPT_MS);
  return db.sql
    .exec<{ count: number }>(
      `INSERT INTO self_start (root, sensor, count, tick, at) VALUES (?, ?, 1, ?, ?)
       ON CONFLICT (root, sensor) DO UPDATE SET count = count + (tick IS NOT excluded.tick), tick = excluded.tick, at = excluded.at RETURNING count`,
      root,
      sensor,
      tick,
      now,
    )
    .one().count;
}
