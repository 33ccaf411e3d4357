/** Events without a run are events of run 0, in which the deployment-wide number is also that within the run. */
import { appendEvents, lastGlobalSeq, levelOf, type RunlessEvent } from "./event-store.ts";
import type { Turn } from "./tx.ts";
import { eventTime } from "./event-time.ts";

/** Number of the event. */
export function appendRunless(turn: Turn, event: RunlessEvent): number {
  turn.sequence.next ??= lastGlobalSeq(turn.db) + 1;
  const gseq = turn.sequence.next++;
  const place = { at: eventTime(turn), step: null, attempt: null };
  appendEvents(turn.db, [{ runNo: 0, ...place, gseq, seq: gseq, type: event.type, level: levelOf(event), body: JSON.stringify(event) }]);
  return gseq;
}
