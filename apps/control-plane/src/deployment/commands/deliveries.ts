/**
 * Deliveries of webhooks: stored once per sender's id, then handled in the same transaction (a declarative mapping) or by the sensor's next
 * tick (user code on an agent). However it goes on, the delivery says what became of it.
 */
import type { TickState } from "@headgate/shared/api/automation-views.ts";
import { ok, refuse, type Result } from "@headgate/shared/domain/errors.ts";
import { mapDelivery } from "@headgate/shared/domain/webhook/map-delivery.ts";
import type { SensorEvent } from "@headgate/shared/protocol/sensor-event.ts";
import { MAX_STORED_BYTES } from "../hook-limits.ts";
import { readAutomation } from "../store/automation-store.ts";
import { type DeliveryRow, deliveryOfSender, insertDelivery, readDelivery, updateDelivery } from "../store/delivery-store.ts";
import { addStoredBytes, markSecretUsed } from "../store/hook-store.ts";
import type { Turn } from "../turn.ts";
import { automationId, isEnabled } from "./automation-source.ts";
import { type FoundHook, hookById } from "./find-hook.ts";
import { applyRequests } from "./request-runs.ts";
import { planRetention } from "./retention.ts";
import { noteSensorEvent } from "./sensor-events.ts";
import { endTick, newTick } from "./tick-rows.ts";

export type WebhookEvent = Extract<SensorEvent, { type: "webhook" }>;

export interface VerifiedDelivery extends Pick<DeliveryRow, "hook" | "senderId" | "bytes" | "method" | "headers" | "query" | "body"> {
  /** Id of the secret that it came with. */
  readonly secret: string | null;
}

/** Precise to this, so that a delivery writes no more than it must. */
const LAST_USED_MS = 60_000;

/** On, and its sensor too: everything else looks to a sender as if there were nothing. */
export function openHook(source: Pick<Turn, "db" | "catalog">, id: string): FoundHook | null {
  const found = hookById(source, id);
  if (!found || found.row.enabled === 0) return null;
  const row = readAutomation(source.db, { location: found.row.location, kind: "sensor", name: found.row.sensor });
  return isEnabled(found.sensor, row) ? found : null;
}

export function noHook(): Result<never> {
  return refuse("not_found", "there is no webhook at this address, or it is switched off");
}

export function storeDelivery(
  turn: Turn,
  input: VerifiedDelivery,
): Result<{ readonly delivery: string; readonly repeated: boolean }> {
  // It may have been switched off while the signature was verified.
  const found = openHook(turn, input.hook);
  if (!found) return noHook();
  if (input.secret !== null) markSecretUsed(turn.db, input.secret, { now: turn.now, every: LAST_USED_MS });
  const before = input.senderId === null ? null : deliveryOfSender(turn.db, input.hook, input.senderId);
  if (before) {
    updateDelivery(turn.db, before.id, { received: before.received + 1 });
    return ok({ delivery: before.id, repeated: true });
  }
  if (found.row.storedBytes + input.bytes > MAX_STORED_BYTES)
    return refuse("rate_limited", "this webhook has been sent more in the last days than the control plane keeps; try again later", {
      retryAfterSeconds: 3600,
    });
  const { secret: _, ...row } = input;
  const delivery = {
    ...row,
    id: turn.newId("dlv"),
    at: turn.now,
    state: "pending",
    received: 1,
    tick: null,
    runs: [],
    message: null,
  } as const;
  insertDelivery(turn.db, delivery);
  addStoredBytes(turn.db, input.hook, input.bytes);
  planRetention(turn);
  handle(turn, found, delivery);
  return ok({ delivery: delivery.id, repeated: false });
}

function handle(turn: Turn, found: FoundHook, delivery: Omit<DeliveryRow, "no">): void {
  const event: WebhookEvent = {
    type: "webhook",
    delivery: delivery.id,
    method: delivery.method,
    headers: { ...delivery.headers },
    query: { ...delivery.query },
    body: bodyOf(delivery.body),
    at: delivery.at,
  };
  if (found.sensor.kind === "webhook" && !found.sensor.evaluated) mapToRun(turn, found, event);
  else noteSensorEvent(turn, { location: found.row.location, name: found.row.sensor }, event);
  turn.effects.push({ type: "automation_changed", automation: automationId(sourceOf(found)) });
}

function sourceOf({ row }: FoundHook) {
  return { location: row.location, kind: "sensor", name: row.sensor } as const;
}

/** What is not JSON has been let in because the hook takes text. */
export function bodyOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** The run is made here and now, with its tick, so that it needs no agent. */
function mapToRun(turn: Turn, found: FoundHook, event: WebhookEvent): void {
  const mapped = mapDelivery(found.spec.map, event);
  if (mapped.type === "skip") {
    updateDelivery(turn.db, event.delivery, { state: "skipped", message: mapped.reason });
    return;
  }
  // The delivery has its body and headers; the tick only says which one it was.
  const mention: WebhookEvent = { ...event, headers: {}, query: {}, body: null };
  const tick = newTick(turn, { source: sourceOf(found), cause: "webhook", scheduledFor: event.at, events: [mention] });
  const fail = (message: string) => {
    endTick(turn, tick, { state: "failed", message });
    updateDelivery(turn.db, event.delivery, { state: "failed", tick: tick.id, message });
  };
  if (mapped.type === "misfit") {
    fail(`The delivery does not fit the sensor's mapping: ${mapped.problem}.`);
    return;
  }
  const { type: _, ...request } = mapped;
  const applied = applyRequests(turn, { tick, effects: { cursor: null, runs: [{ ...request, tags: { ...request.tags } }] } });
  if (!applied.ok) {
    fail(applied.error.message);
    return;
  }
  const { runs, deduplicated } = applied.value;
  const message = runs.length > 0 ? null : `The run key '${request.runKey}' has made its run before.`;
  const state = runs.length > 0 ? "requested" : "skipped";
  endTick(turn, tick, { state, message, runs, runCount: runs.length, deduplicated });
  updateDelivery(turn.db, event.delivery, { state, tick: tick.id, runs, message });
}

export interface HandledDeliveries {
  readonly tick: string;
  readonly events: readonly SensorEvent[];
  readonly runs: readonly string[];
  readonly state: Exclude<TickState, "open">;
  readonly message: string | null;
}

/** A tick that had deliveries among its events has ended. */
export function deliveriesHandled(turn: Turn, { events, ...end }: HandledDeliveries): void {
  for (const event of events) if (event.type === "webhook") updateDelivery(turn.db, event.delivery, end);
}

/** Handles a stored delivery as if it came now. */
export function replayDelivery(turn: Turn, id: string): Result<string> {
  const delivery = readDelivery(turn.db, id);
  if (!delivery) return refuse("not_found", `There is no delivery '${id}'; old ones are removed.`);
  const found = openHook(turn, delivery.hook);
  if (!found) return refuse("conflict", "The sensor of this delivery is gone, or it or its webhook is switched off. Switch it on first.");
  const again = { ...delivery, at: turn.now, state: "pending", tick: null, runs: [], message: null } as const;
  updateDelivery(turn.db, id, { state: "pending", tick: null, runs: [], message: null });
  handle(turn, found, again);
  return ok(id);
}
