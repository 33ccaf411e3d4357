/**
 * Passes events to the sensors that watch them. A sensor with a user function gets the event through its inbox. A sensor without one starts
 * its run in the same transaction, so that the event and the run never exist without each other.
 */
import { type CauseChain, longestChain, chainOfTarget } from "@headgate/shared/domain/automation/cause-chain.ts";
import { assertNever } from "@headgate/shared/domain/assert.ts";
import { ok, refuse, type Result } from "@headgate/shared/domain/errors.ts";
import { mapDelivery } from "@headgate/shared/domain/webhook/map-delivery.ts";
import type { ManifestSensor } from "@headgate/shared/manifest/schema.ts";
import type { SensorEvent } from "@headgate/shared/sensor/event-schema.ts";
import type { GatheredEvent } from "../ticks/tables.ts";
import { type Located, catalogOf } from "../catalog/catalog.ts";
import { type AutomationRow, insertRunKey, readAutomation, runOfKey, saveAutomation } from "../ticks/automation-store.ts";
import { insertSensorEvent } from "../ticks/sensor-event-store.ts";
import type { TickRow } from "../ticks/tick-store.ts";
import type { Tx } from "../kernel/tx.ts";
import { isEnabled, sensorOf } from "../ticks/automation-source.ts";
import { chainOfRun, countStart } from "../ticks/cause-chain.ts";
import { boundInbox, INBOX_CHECK_EVERY } from "./drop-events.ts";
import { makeRequested } from "../ticks/request-runs.ts";
import { keyOf, type RunRequest, runIdOf } from "../ticks/run-request.ts";
import { causeOf, endTick, newTick } from "../ticks/tick-rows.ts";
import { openRun, type RunSession } from "../runs/run-session.ts";
import type { FactOf, ReportedBy } from "../facts.ts";
import { checkId } from "@headgate/shared/domain/asset-check.ts";
import { partitionsOfJob } from "../runs/launch/partitions-of-job.ts";
import { automationId } from "@headgate/shared/domain/automation-id.ts";
import { sensorsWatching } from "./watching-sensors.ts";

type Sensor = Located<ManifestSensor>;
type AssetEvent = Extract<SensorEvent, { type: "asset" }>;

/** An event with the sensors that led to it. */
export interface CausedEvent {
  readonly event: SensorEvent;
  readonly chain: CauseChain | null;
}

const MAX_GATHERED_CHARACTERS = 500_000;

export function afterMaterialization(tx: Tx, facts: readonly FactOf<"asset_materialized">[]): void {
  for (const { asset, partition, by, gseq, metadata, dataVersion } of facts) {
    const event: AssetEvent = { type: "asset", seq: gseq, asset, partition, run: runOf(by), at: tx.now, metadata, dataVersion };
    const chain = chainOf(by, asset);
    for (const sensor of sensorsWatching(catalogOf(tx), event)) {
      if (sensor.match === "all" && (sensor.assets?.length ?? 0) > 1) collect(tx, sensor, { event, chain });
      else noteSensorEvent(tx, sensor, { event, chain });
    }
  }
}

function runOf(by: ReportedBy): string | null {
  return "run" in by ? by.run : null;
}

/** The chain of an event. A run that no sensor led to begins a new chain. */
function chainOf(by: ReportedBy, target: string): CauseChain | null {
  const chain = chainOfTarget(by.chain, target);
  return "run" in by ? chainOfRun({ id: by.run, chain }) : chain;
}

/** Collects the latest event of each asset and fires when all assets were materialized since the sensor last fired. */
function collect(tx: Tx, sensor: Sensor, newest: GatheredEvent): void {
  const row = readAutomation(tx.db, sourceOf(sensor));
  if (!row || !isEnabled(tx, sensor, row)) return;
  const gathered = withRoom({ ...row.gathered, [newest.event.asset]: newest }, newest);
  const all = (sensor.assets ?? []).map((asset) => gathered[asset]).filter((one) => one !== undefined);
  const isComplete = all.length === sensor.assets?.length;
  saveAutomation(tx.db, { ...row, gathered: isComplete ? null : gathered });
  if (!isComplete) return;
  const chain = longestChain(all.map((one) => one.chain));
  noteSensorEvent(tx, sensor, { event: { type: "assets", events: all.map(({ event }) => event) }, chain });
}

/** The collected events share one row: if it gets too long, the newest event is kept without its metadata. */
function withRoom(gathered: Readonly<Record<string, GatheredEvent>>, newest: GatheredEvent): Readonly<Record<string, GatheredEvent>> {
  if (JSON.stringify(gathered).length <= MAX_GATHERED_CHARACTERS) return gathered;
  return { ...gathered, [newest.event.asset]: { ...newest, event: { ...newest.event, metadata: {} } } };
}

export function afterCheck(tx: Tx, facts: readonly FactOf<"check_evaluated">[]): void {
  for (const { asset, check, partition, passed, severity, description, metadata, by } of facts) {
    const outcome = passed ? "passed" : severity === "warn" ? "warned" : "failed";
    const event = { type: "check", asset, check, outcome, description, run: runOf(by), partition, at: tx.now, metadata } as const;
    const chain = chainOf(by, checkId({ asset, name: check }));
    for (const sensor of sensorsWatching(catalogOf(tx), event)) noteSensorEvent(tx, sensor, { event, chain });
  }
}

export function afterRunEnded(tx: Tx, facts: readonly FactOf<"run_ended">[]): void {
  for (const { run } of facts) {
    const session = openRun(tx, run);
    if (session) noteRunEnded(tx, session);
  }
}

function noteRunEnded(tx: Tx, session: RunSession): void {
  const { row } = session;
  if (row.status !== "succeeded" && row.status !== "failed" && row.status !== "canceled") return;
  const event: Extract<SensorEvent, { type: "run" }> = {
    type: "run",
    run: row.id,
    job: row.job,
    location: row.jobLocation,
    status: row.status,
    partition: row.partition,
    tags: { ...row.tags },
    message: row.error,
    at: tx.now,
  };
  const locations = Object.keys(row.versions);
  const caused = { event, chain: chainOfRun(row) };
  const ended = { ...event, locations };
  for (const sensor of sensorsWatching(catalogOf(tx), ended)) noteSensorEvent(tx, sensor, caused);
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

function sourceOf(sensor: Sensor) {
  return { location: sensor.location, kind: "sensor", name: sensor.name } as const;
}
