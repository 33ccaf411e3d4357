/**
 * Stores a batch of numbered reports of an agent. An item whose number is already stored is ignored. A gap in the numbers closes the
 * connection, so that the agent sends again from the last stored item. A report about a step not leased to this agent is never applied.
 */
import { assertNever } from "@headgate/shared/domain/assert.ts";
import { CLOSE } from "@headgate/shared/protocol/close-codes.ts";
import type { UpItem } from "@headgate/shared/protocol/up.ts";
import { markReceived, readAgent } from "../agents/agent-store.ts";
import { readStep } from "../runs/step-store.ts";
import type { Tx } from "../kernel/tx.ts";
import { recordStepEvent } from "../runs/execute/record-step-event.ts";
import { recordOutcome } from "../runs/execute/record-outcome.ts";
import { openRunById, record, type RunSession } from "../runs/run-session.ts";
import type { StepRow } from "../runs/tables.ts";
import { recordLocationState } from "../agents/record-location-state.ts";
import { applyTickPart, applyTickResult } from "../automations/apply-tick.ts";

export interface Batch {
  readonly instance: string;
  readonly socket: string;
  readonly items: readonly UpItem[];
}

export function recordBatch(tx: Tx, batch: Batch): void {
  const agent = readAgent(tx.db, batch.instance);
  if (!agent || agent.socket !== batch.socket) {
    tx.effects.push({ type: "close", socket: batch.socket, code: CLOSE.badFrame, reason: "say hello before sending batches" });
    return;
  }
  let received = agent.received;
  let slotsMayBeFree = false;
  const open = new OpenSteps(tx, batch.instance);
  for (const item of batch.items) {
    if (item.s <= received) continue;
    if (item.s !== received + 1) {
      tx.effects.push({ type: "close", socket: batch.socket, code: CLOSE.badFrame, reason: `item ${item.s} came after ${received}` });
      break;
    }
    received = item.s;
    slotsMayBeFree = apply(tx, { item, instance: batch.instance, open }) || slotsMayBeFree;
  }
  markReceived(tx.db, { instance: batch.instance, received, now: tx.now });
  tx.effects.push({ type: "send", socket: batch.socket, frame: { t: "ack", s: received } });
  if (slotsMayBeFree) tx.fact({ type: "work_available" });
}

/** Returns whether the item may have freed a slot or made a step ready. */
function apply(tx: Tx, input: { readonly item: UpItem; readonly instance: string; readonly open: OpenSteps }): boolean {
  const { item, instance, open } = input;
  switch (item.k) {
    case "event": {
      const leased = open.find(item);
      if (leased) open.keep(recordStepEvent(tx, leased.session, { step: leased.step, event: item.event }));
      return false;
    }
    case "done": {
      const leased = open.find(item);
      if (!leased) return false;
      open.forget(item);
      recordOutcome(tx, leased.session, { step: leased.step, outcome: item.result });
      return true;
    }
    case "location":
      return recordLocationState(tx, { instance, item });
    case "tick_part":
      applyTickPart(tx, { instance, item });
      return false;
    case "tick":
      applyTickResult(tx, { instance, item });
      return false;
    default:
      return assertNever(item);
  }
}

interface StepRef {
  readonly run: string;
  readonly step: string;
  readonly epoch: number;
}

/** Caches the step rows of one batch: a batch often has hundreds of events of one step. */
class OpenSteps {
  readonly #tx: Tx;
  readonly #instance: string;
  readonly #steps = new Map<string, { readonly session: RunSession; readonly step: StepRow } | null>();

  constructor(tx: Tx, instance: string) {
    this.#tx = tx;
    this.#instance = instance;
  }

  /** The step, if this attempt is leased to this agent. */
  find(ref: StepRef): { readonly session: RunSession; readonly step: StepRow } | null {
    const key = keyOf(ref);
    const known = this.#steps.get(key);
    if (known !== undefined) return known;
    const found = this.#load(ref);
    this.#steps.set(key, found);
    return found;
  }

  keep(step: StepRow): void {
    for (const [key, entry] of this.#steps) {
      if (entry && entry.step.runNo === step.runNo && entry.step.position === step.position) this.#steps.set(key, { ...entry, step });
    }
  }

  forget(ref: StepRef): void {
    this.#steps.delete(keyOf(ref));
  }

  #load(ref: StepRef) {
    const session = openRunById(this.#tx, ref.run);
    const step = session && readStep(this.#tx.db, session.row.no, ref.step);
    if (!session || !step) return null;
    const leased = step.status === "assigned" || step.status === "running";
    if (leased && step.agent === this.#instance && step.epoch === ref.epoch) return { session, step };
    // Recorded once per attempt and batch, not for each event: the reader needs to know only that it happened.
    const message = `A report of attempt ${ref.epoch} was ignored: ${leased ? `attempt ${step.epoch} is the current one` : `the step is ${step.status}`}.`;
    record(this.#tx, session, { event: { type: "engine", level: "warn", message }, place: { step: step.key, attempt: null } });
    return null;
  }
}

function keyOf(ref: StepRef): string {
  return `${ref.run}/${ref.epoch}/${ref.step}`;
}
