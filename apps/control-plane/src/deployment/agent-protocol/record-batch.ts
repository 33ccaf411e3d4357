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
    else if (last?.type === "events" && attemptKeyOf(last.ref) === attemptKeyOf(item)) last.events.push(item.event);
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

interface OpenStep {
  readonly session: RunSession;
  readonly step: StepRow;
}

/** Caches the step rows of one batch: a batch often has hundreds of events of one step, or of attempts of it that have ended. */
class OpenSteps {
  readonly #tx: Tx;
  readonly #instance: string;
  /** The number of items about steps that this agent does not have. */
  ignored = 0;
  /** Null for a step that does not exist. */
  readonly #steps = new Map<string, OpenStep | null>();
  readonly #warned = new Set<string>();

  constructor(tx: Tx, instance: string) {
    this.#tx = tx;
    this.#instance = instance;
  }

  /** The step, if this attempt is leased to this agent. */
  find(ref: StepRef, items = 1): OpenStep | null {
    const found = this.#open(ref);
    const leased = found?.step.status === "assigned" || found?.step.status === "running";
    if (found && leased && found.step.agent === this.#instance && found.step.epoch === ref.epoch) return found;
    // The pod speaks for itself; what its launcher still says of the step is expected and means nothing.
    if (found?.step.launcher === this.#instance && found.step.agent !== this.#instance && found.step.epoch === ref.epoch) return null;
    this.ignored += items;
    if (found) this.#warn(found, ref, leased);
    return null;
  }

  keep(step: StepRow): void {
    for (const [key, entry] of this.#steps) {
      if (entry && entry.step.runNo === step.runNo && entry.step.position === step.position) this.#steps.set(key, { ...entry, step });
    }
  }

  forget(ref: StepRef): void {
    this.#steps.delete(stepKeyOf(ref));
  }

  #open(ref: StepRef): OpenStep | null {
    const key = stepKeyOf(ref);
    const known = this.#steps.get(key);
    if (known !== undefined) return known;
    const session = openRunById(this.#tx, ref.run);
    const step = session && readStep(this.#tx.db, session.row.no, ref.step);
    const found = session && step ? { session, step } : null;
    this.#steps.set(key, found);
    return found;
  }

  /** The reader needs to know only that it happened: one warning per step and hour, and none in a run that has ended. */
  #warn({ session, step }: OpenStep, ref: StepRef, leased: boolean): void {
    const key = stepKeyOf(ref);
    if (this.#warned.has(key)) return;
    this.#warned.add(key);
    if (isTerminalRun(session.row.status)) return;
    const since = this.#tx.now - WARN_EVERY_MS;
    if (wasNotedSince(this.#tx.db, { runNo: session.row.no, step: step.key, since, beginsWith: IGNORED })) return;
    const why = leased ? `attempt ${step.epoch} is the current one` : `the step is ${step.status}`;
    const message = `${IGNORED} ${ref.epoch} was ignored: ${why}.`;
    record(this.#tx, session, { event: { type: "engine", level: "warn", message }, place: { step: step.key, attempt: null } });
  }
}

const stepKeyOf = (ref: StepRef): string => `${ref.run}/${ref.step}`;
const attemptKeyOf = (ref: StepRef): string => `${ref.run}/${ref.epoch}/${ref.step}`;
