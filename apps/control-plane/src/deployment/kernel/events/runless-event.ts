/** Stores events without a run as events of run 0, where the deployment-wide number is also the number within the run. */
import { appendEvents, levelOf, type RunlessEvent } from "./event-store.ts";
import { nextEventNumber } from "./sequence.ts";
import type { Tx } from "../tx.ts";
import { eventTime } from "./event-time.ts";

/** Returns the number of the event. */
export function appendRunless(tx: Tx, event: RunlessEvent): number {
  const gseq = nextEventNumber(tx);
  const place = { at: eventTime(tx), step: null, attempt: null };
  appendEvents(tx.db, [{ runNo: 0, ...place, gseq, seq: gseq, type: event.type, level: levelOf(event), body: JSON.stringify(event) }]);
  return gseq;
}
