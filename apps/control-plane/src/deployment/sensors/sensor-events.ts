/**
 * Passes an event to a sensor. A sensor with a user function gets the event through its inbox. A sensor without one starts
 * its run in the same transaction, so that the event and the run never exist without each other.
 */
import type { CauseChain } from "@headgate/shared/domain/automation/cause-chain.ts";
import { assertNever } from "@headgate/shared/domain/assert.ts";
import { ok, refuse, type Result } from "@headgate/shared/domain/errors.ts";
import { mapDelivery } from "@headgate/shared/domain/webhook/map-delivery.ts";
import type { ManifestSensor } from "@headgate/shared/manifest/schema.ts";
import type { SensorEvent } from "@headgate/shared/sensor/event-schema.ts";
import { type Located, catalogOf } from "../catalog/catalog.ts";
import { type AutomationRow, insertRunKey, readAutomation, runOfKey } from "../ticks/automation-store.ts";
import { insertSensorEvent } from "../ticks/sensor-event-store.ts";
import type { TickRow } from "../ticks/tick-store.ts";
import type { Tx } from "../kernel/tx.ts";
import { isEnabled, sensorOf } from "../ticks/automation-source.ts";
import { countStart } from "../ticks/cause-chain.ts";
import { boundInbox, INBOX_CHECK_EVERY } from "./drop-events.ts";
import { makeRequested } from "../ticks/request-runs.ts";
import { keyOf, type RunRequest, runIdOf } from "../ticks/run-request.ts";
import { causeOf, endTick, newTick } from "../ticks/tick-rows.ts";
import { partitionsOfJob } from "../runs/launch/partitions-of-job.ts";
import { automationId } from "@headgate/shared/domain/automation-id.ts";
import type { WakingEvent } from "@headgate/shared/sensor/sensor-kinds.ts";

type Sensor = Located<ManifestSensor>;

/** An event with the sensors that led to it. */
export interface CausedEvent extends WakingEvent {
  readonly chain: CauseChain | null;
}

/** Passes an event to one sensor. While the sensor is off, the event is lost. */
export function noteSensorEvent(tx: Tx, ref: { readonly location: string; readonly name: string }, caused: CausedEvent): void {
  const { event } = caused;
  const sensor = sensorOf(catalogOf(tx), ref);
  const row = sensor && readAutomation(tx.db, sourceOf(sensor));
  if (!sensor || !row || !isEnabled(tx, sensor, row)) {
    const message = sensor ? `Sensor ${ref.name} is turned off.` : `There is no sensor ${ref.name} any more.`;
    if (event.type === "webhook")
      tx.fact({ type: "deliveries_handled", tick: null, deliveries: [event.delivery], runs: [], state: "skipped", message });
    return;
  }
  if (sensor.evaluated) toInbox(tx, sensor, caused);
  else decide(tx, { sensor, row, caused });
}

function toInbox(tx: Tx, sensor: Sensor, { event, chain }: CausedEvent): void {
  const source = sourceOf(sensor);
  const no = insertSensorEvent(tx.db, sensor, { body: event, at: tx.now, chain });
  if (no % INBOX_CHECK_EVERY === 0) boundInbox(tx);
  tx.fact({ type: "automation_changed", automation: automationId(source) });
  tx.fact({ type: "sensor_awakened", automation: automationId(source) });
}

interface Decision {
  readonly sensor: Sensor;
  readonly row: AutomationRow;
  readonly caused: CausedEvent;
}

/** Starts the run of a sensor without a user function at once. */
function decide(tx: Tx, { sensor, row, caused }: Decision): void {
  const { event, chain } = caused;
  const events = [mentionOf(event)];
  const source = sourceOf(sensor);
  const tick = newTick(tx, { source, cause: causeOf(events), scheduledFor: tx.now, cursor: row.cursor, events, chain });
  const ended = decided(tx, { sensor, tick, event });
  if (event.type === "webhook" && ended.state !== "open")
    tx.fact({
      type: "deliveries_handled",
      tick: ended.id,
      deliveries: [event.delivery],
      runs: ended.runs,
      state: ended.state,
      message: ended.message,
    });
}

/** The tick stores only the id of a delivery; body and headers are stored with the delivery. */
function mentionOf(event: SensorEvent): SensorEvent {
  return event.type === "webhook" ? { ...event, headers: {}, query: {}, body: null } : event;
}

function decided(tx: Tx, input: { readonly sensor: Sensor; readonly tick: TickRow; readonly event: SensorEvent }): TickRow {
  const { tick } = input;
  const request = requestOf(tx, input);
  if (!request.ok) return endTick(tx, tick, { state: "failed", message: request.error.message });
  if ("skip" in request.value) return endTick(tx, tick, { state: "skipped", message: request.value.skip });
  const key = keyOf(tick, request.value);
  const older = key && runOfKey(tx.db, key);
  if (key && older !== null) {
    const deduplicated = [{ key: key.key, run: runIdOf(tx, older) }];
    return endTick(tx, tick, { state: "skipped", message: "The requested run was a duplicate (same run key).", deduplicated });
  }
  const made = tx.savepoint((): Result<string> => {
    const started = countStart(tx, tick);
    if (!started.ok) return started;
    const run = makeRequested(tx, tick, request.value as RunRequest);
    if (run.ok && key) insertRunKey(tx.db, { ...key, runNo: run.value });
    return run.ok ? ok(runIdOf(tx, run.value) ?? "") : run;
  });
  if (!made.ok) return endTick(tx, tick, { state: "failed", message: made.error.message });
  tx.fact({ type: "work_available" });
  return endTick(tx, tick, { state: "requested", runs: [made.value], runCount: 1 });
}

/** Requests a run of the sensor's job. If the job is partitioned, it is for the event's partition or else the latest one. */
export function requestOf(
  tx: Tx,
  { sensor, event }: { readonly sensor: Sensor; readonly event: SensorEvent },
): Result<RunRequest | { readonly skip: string }> {
  if (event.type === "webhook") return requestOfDelivery(sensor, event);
  const definition =
    sensor.job === undefined ? ok(undefined) : partitionsOfJob(catalogOf(tx), { job: sensor.job, location: sensor.location });
  const partition = definition.ok && definition.value !== undefined && "partition" in event ? event.partition : null;
  return ok({ tags: {}, ...(partition !== null && { partition }) });
}

function requestOfDelivery(
  sensor: Sensor,
  event: Extract<SensorEvent, { type: "webhook" }>,
): Result<RunRequest | { readonly skip: string }> {
  const mapped = mapDelivery(sensor.webhook?.map, event);
  switch (mapped.type) {
    case "skip":
      return ok({ skip: mapped.reason });
    case "misfit":
      return refuse("invalid_input", `The delivery does not fit the sensor's mapping: ${mapped.problem}.`);
    case "run": {
      const { type: _type, ...request } = mapped;
      return ok({ ...request, tags: { ...request.tags } });
    }
    default:
      return assertNever(mapped);
  }
}

export function sourceOf(sensor: Sensor) {
  return { location: sensor.location, kind: "sensor", name: sensor.name } as const;
}
