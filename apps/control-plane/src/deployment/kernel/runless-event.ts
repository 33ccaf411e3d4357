/** Events without a run are events of run 0, in which the deployment-wide number is also that within the run. */
import { appendEvents, lastGlobalSeq, levelOf, type RunlessEvent } from "./event-store.ts";
import type { Tx } from "./tx.ts";
import { eventTime } from "./event-time.ts";

/** Number of the event. */
export function appendRunless(tx: Tx, event: RunlessEvent): number {
  tx.sequence.next ??= lastGlobalSeq(tx.db) + 1;
  const gseq = tx.sequence.next++;
  const place = { at: eventTime(tx), step: null, attempt: null };
  appendEvents(tx.db, [{ runNo: 0, ...place, gseq, seq: gseq, type: event.type, level: levelOf(event), body: JSON.stringify(event) }]);
  return gseq;
}
