/**
 * Stores a batch of numbered reports of an agent. An item whose number is already stored is ignored. A gap in the numbers closes the
 * connection, so that the agent sends again from the last stored item. A report about a step not leased to this agent is never applied.
 */
import { assertNever } from "@headgate/shared/domain/assert.ts";
import { CLOSE } from "@headgate/shared/protocol/close-codes.ts";
import type { StepEvent } from "@headgate/shared/domain/run/event.ts";
import type { UpItem } from "@headgate/shared/protocol/up.ts";
import { markReceived, readAgent } from "../agents/agent-store.ts";
import { readStep } from "../runs/step-store.ts";
import type { Tx } from "../kernel/tx.ts";
import { recordStepEvents } from "../runs/execute/record-step-event.ts";
import { recordOutcome } from "../runs/execute/record-outcome.ts";
import { wasNotedSince } from "../kernel/events/event-store.ts";
import { isTerminalRun } from "@headgate/shared/domain/run/status.ts";
import { openRunById, record, type RunSession } from "../runs/run-session.ts";
import type { StepRow } from "../runs/tables.ts";
import { recordLocationState } from "../agents/record-location-state.ts";
import { applyTickPart, applyTickResult } from "../automations/apply-tick.ts";

export interface Batch {
  readonly instance: string;
  readonly socket: string;
  readonly items: readonly UpItem[];
}

/** Returns how many of the items are about steps that this agent does not have. */
export function recordBatch(tx: Tx, batch: Batch): number {
  const agent = readAgent(tx.db, batch.instance);
  if (!agent || agent.socket !== batch.socket) {
    tx.effects.push({ type: "close", socket: batch.socket, code: CLOSE.badFrame, reason: "say hello before sending batches" });
    return 0;
  }
  const { items, gap } = newItems(batch.items, agent.received);
  if (gap !== null) tx.effects.push({ type: "close", socket: batch.socket, code: CLOSE.badFrame, reason: gap });
  let slotsMayBeFree = false;
  const open = new OpenSteps(tx, batch.instance);
  for (const part of partsOf(items)) {
    if (part.type === "events") recordEvents(tx, open, part);
    else slotsMayBeFree = apply(tx, { item: part.item, instance: batch.instance, open }) || slotsMayBeFree;
  }
  const received = items.at(-1)?.s ?? agent.received;
  markReceived(tx.db, { instance: batch.instance, received, now: tx.now });
  tx.effects.push({ type: "send", socket: batch.socket, frame: { t: "ack", s: received } });
  if (slotsMayBeFree) tx.fact({ type: "work_available" });
  return open.ignored;
}

type EventItem = Extract<UpItem, { k: "event" }>;
type OtherItem = Exclude<UpItem, EventItem>;

/** The items that follow the last stored one without a gap; `gap` says where the numbers jump. */
function newItems(items: readonly UpItem[], received: number): { readonly items: readonly UpItem[]; readonly gap: string | null } {
  const fresh: UpItem[] = [];
  let last = received;
  for (const item of items) {
    if (item.s <= last) continue;
    if (item.s !== last + 1) return { items: fresh, gap: `item ${item.s} came after ${last}` };
    last = item.s;
    fresh.push(item);
  }
  return { items: fresh, gap: null };
}

type Part =
  | { readonly type: "events"; readonly ref: StepRef; readonly events: StepEvent[] }
  | { readonly type: "item"; readonly item: OtherItem };

/** Events of one attempt that follow each other are stored together. */
function partsOf(items: readonly UpItem[]): Part[] {
  const parts: Part[] = [];
  for (const item of items) {
    const last = parts.at(-1);
    if (item.k !== "event") parts.push({ type: "item", item });
    else if (last?.type === "events" && keyOf(last.ref) === keyOf(item)) last.events.push(item.event);
    else parts.push({ type: "events", ref: item, events: [item.event] });
  }
  return parts;
}

function recordEvents(tx: Tx, open: OpenSteps, { ref, events }: Extract<Part, { type: "events" }>): void {
  const leased = open.find(ref, events.length);
  if (leased) open.keep(recordStepEvents(tx, leased.session, { step: leased.step, events }));
}

/** Returns whether the item may have freed a slot or made a step ready. */
function apply(tx: Tx, input: { readonly item: OtherItem; readonly instance: string; readonly open: OpenSteps }): boolean {
  const { item, instance, open } = input;
  switch (item.k) {
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

/** The beginning of the warning about a report that was ignored. */
const IGNORED = "A report of attempt";
const WARN_EVERY_MS = 3_600_000;

interface StepRef {
  readonly run: string;
  readonly step: string;
  readonly epoch: number;
}

/** Caches the step rows of one batch: a batch often has hundreds of events of one step. */
class OpenSteps {
  readonly #tx: Tx;
  readonly #instance: string;
  /** The number of items about steps that this agent does not have. */
  ignored = 0;
  readonly #steps = new Map<string, { readonly session: RunSession; readonly step: StepRow } | null>();

  constructor(tx: Tx, instance: string) {
    this.#tx = tx;
    this.#instance = instance;
  }

  /** The step, if this attempt is leased to this agent. */
  find(ref: StepRef, items = 1): { readonly session: RunSession; readonly step: StepRow } | null {
    const key = keyOf(ref);
    const known = this.#steps.get(key);
    const found = known === undefined ? this.#load(ref) : known;
    this.#steps.set(key, found);
    if (!found) this.ignored += items;
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
    const why = leased ? `attempt ${step.epoch} is the current one` : `the step is ${step.status}`;
    this.#warn(session, step, `${IGNORED} ${ref.epoch} was ignored: ${why}.`);
    return null;
  }

  /** The reader needs to know only that it happened: one warning per step and hour, and none in a run that has ended. */
  #warn(session: RunSession, step: StepRow, message: string): void {
    if (isTerminalRun(session.row.status)) return;
    const isNew = session.events.every(
      ({ step: key, event }) => key !== step.key || event.type !== "engine" || !event.message.startsWith(IGNORED),
    );
    const since = this.#tx.now - WARN_EVERY_MS;
    if (!isNew || wasNotedSince(this.#tx.db, { runNo: session.row.no, step: step.key, since, beginsWith: IGNORED })) return;
    record(this.#tx, session, { event: { type: "engine", level: "warn", message }, place: { step: step.key, attempt: null } });
  }
}

function keyOf(ref: StepRef): string {
  return `${ref.run}/${ref.epoch}/${ref.step}`;
}
