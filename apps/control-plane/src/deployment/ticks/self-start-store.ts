/** How often sensors followed from themselves, by what their chain began with. */
import type { Database } from "../kernel/database.ts";

/** A chain in which nothing happened for so long is over. */
const KEPT_MS = 7 * 24 * 60 * 60 * 1000;

/** With this one. A tick is counted once, however many parts it comes in. */
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
