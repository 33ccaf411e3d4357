/** Gives out the deployment-wide numbers of events: read once per transaction, then counted up. */
import { lastGlobalSeq } from "./event-store.ts";
import type { Tx } from "../tx.ts";
import { txState } from "../tx-state.ts";

const sequenceOf = txState<{ next: number | null }>({
  make: () => ({ next: null }),
  save(sequence) {
    const { next } = sequence;
    return () => {
      sequence.next = next;
    };
  },
});

export function nextEventNumber(tx: Tx): number {
  const sequence = sequenceOf(tx);
  sequence.next ??= lastGlobalSeq(tx.db) + 1;
  return sequence.next++;
}
