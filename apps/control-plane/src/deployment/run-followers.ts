/** What follows when a run has ended, besides what its agent and its assets are told. Each follower decides for itself whether it is meant. */
import type { Tx } from "./kernel/tx.ts";
import { conditionsRunEnded } from "./conditions/run-ended.ts";
import { startAfterRun } from "./ticks/evaluate-tick.ts";
import { backfillRunEnded } from "./backfills/run-ended.ts";
import { runEnded } from "./runs/retry/run-retry.ts";
import type { RunSession } from "./runs/run-session.ts";
import { noteRunEnded } from "./sensors/sensor-events.ts";

export function afterRun(tx: Tx, session: RunSession): void {
  // First: the others look whether the run is made again.
  runEnded(tx, session);
  conditionsRunEnded(tx, session);
  noteRunEnded(tx, session);
  startAfterRun(tx, session);
  backfillRunEnded(tx, session);
}
