/** Skips an item that cannot be stored: it counts as received but has no effect. A lost log line is only recorded; any other item fails its step. */
import { CLOSE } from "@headgate/shared/protocol/close-codes.ts";
import type { UpItem } from "@headgate/shared/protocol/up.ts";
import { markReceived, readAgent } from "../agents/agent-store.ts";
import { readStep } from "../runs/step-store.ts";
import type { Tx } from "../kernel/tx.ts";
import { sendCancel } from "../runs/execute/cancel-run.ts";
import { failTick } from "../automations/apply-tick.ts";
import { closeAssets } from "../runs/execute/record-outcome.ts";
import { openRunById, placeOf, record } from "../runs/run-session.ts";
import { failStep } from "../runs/execute/step-moves.ts";

export function leaveOut(
  tx: Tx,
  input: { readonly instance: string; readonly socket: string; readonly item: UpItem; readonly why: string },
): void {
  const { instance, socket, item, why } = input;
  const agent = readAgent(tx.db, instance);
  if (agent?.socket === socket && item.s <= agent.received) {
    tx.effects.push({ type: "send", socket, frame: { t: "ack", s: agent.received } });
    return;
  }
  if (agent?.socket !== socket || item.s !== agent.received + 1) {
    tx.effects.push({ type: "close", socket, code: CLOSE.badFrame, reason: `item ${item.s} came after ${agent?.received ?? 0}` });
    return;
  }
  markReceived(tx.db, { instance, received: item.s, now: tx.now });
  tx.effects.push({ type: "send", socket, frame: { t: "ack", s: item.s } });
  if (item.k === "tick" || item.k === "tick_part") failTick(tx, { instance, item });
  if (item.k !== "event" && item.k !== "done") return;
  const session = openRunById(tx, item.run);
  const step = session && readStep(tx.db, session.row.no, item.step);
  const leased = step?.status === "assigned" || step?.status === "running";
  if (!session || !step || !leased || step.agent !== instance || step.epoch !== item.epoch) return;
  const what = item.k === "done" ? "The end of the step" : `The report '${item.event.type}'`;
  const message = `${what} could not be stored: ${why}`;
  record(tx, session, { event: { type: "engine", level: "error", message }, place: placeOf(step) });
  if (item.k === "event" && item.event.type === "log") return;
  // The lost report may be a failed blocking check, so the step cannot count as succeeded.
  if (item.k === "event") sendCancel(tx, { ...session.row, cancelReason: message }, step);
  const failure = { kind: "internal", message } as const;
  closeAssets(tx, session, { step, failure });
  failStep(tx, session, { step, failure, retryable: true, lost: false });
  tx.fact({ type: "work_available" });
}
