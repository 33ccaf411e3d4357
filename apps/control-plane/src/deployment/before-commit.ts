/** The last thing before a transaction is stored: what follows from runs that ended in it, and one look at the queue for all that was made in it. */
import type { Tx } from "./kernel/tx.ts";
import { afterRun } from "./run-followers.ts";
import { dispatch } from "./queue/dispatch.ts";
import { fireSensorEvents } from "./sensors/sensor-ticks.ts";

export function beforeCommit(tx: Tx): void {
  for (;;) {
    const session = tx.ended.shift();
    if (session) afterRun(tx, session);
    else if (tx.atEnd.sensors.size > 0) {
      const ids = [...tx.atEnd.sensors];
      tx.atEnd.sensors.clear();
      for (const id of ids) fireSensorEvents(tx, id);
    } else if (tx.atEnd.dispatch) {
      tx.atEnd.dispatch = false;
      dispatch(tx);
    } else return;
  }
}
