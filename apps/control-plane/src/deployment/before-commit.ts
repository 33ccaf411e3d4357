/** The last thing before a turn is stored: what follows from runs that ended in it, and one look at the queue for all that was made in it. */
import type { Turn } from "./kernel/tx.ts";
import { afterRun } from "./run-followers.ts";
import { dispatch } from "./queue/dispatch.ts";
import { fireSensorEvents } from "./sensors/sensor-ticks.ts";

export function finishTurn(turn: Turn): void {
  for (;;) {
    const session = turn.ended.shift();
    if (session) afterRun(turn, session);
    else if (turn.atEnd.sensors.size > 0) {
      const ids = [...turn.atEnd.sensors];
      turn.atEnd.sensors.clear();
      for (const id of ids) fireSensorEvents(turn, id);
    } else if (turn.atEnd.dispatch) {
      turn.atEnd.dispatch = false;
      dispatch(turn);
    } else return;
  }
}
