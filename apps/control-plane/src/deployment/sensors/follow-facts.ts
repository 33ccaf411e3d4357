/** Follows every fact that can wake a sensor: passes its event to the sensors that watch it. */
import { longestChain } from "@headgate/shared/domain/automation/cause-chain.ts";
import type { ManifestSensor } from "@headgate/shared/manifest/schema.ts";
import { type Located, catalogOf } from "../catalog/catalog.ts";
import type { FactOf, FactType } from "../facts.ts";
import type { Tx } from "../kernel/tx.ts";
import { isEnabled } from "../ticks/automation-source.ts";
import { readAutomation, saveAutomation } from "../ticks/automation-store.ts";
import type { GatheredEvent } from "../ticks/tables.ts";
import { EVENT_OF } from "./facts-to-events.ts";
import { noteSensorEvent, sourceOf } from "./sensor-events.ts";
import { sensorsWatching } from "./watching-sensors.ts";

type Sensor = Located<ManifestSensor>;

const MAX_GATHERED_CHARACTERS = 500_000;

/** Can facts of this type wake a sensor? */
export function concernsSensors(type: FactType): boolean {
  return EVENT_OF[type] !== undefined;
}

export function passToSensors<T extends FactType>(tx: Tx, facts: readonly FactOf<T>[]): void {
  for (const fact of facts) {
    const caused = EVENT_OF[fact.type]?.(tx, fact);
    if (!caused) continue;
    const { event, chain } = caused;
    for (const sensor of sensorsWatching(catalogOf(tx), caused)) {
      if (event.type === "asset" && sensor.match === "all" && (sensor.assets?.length ?? 0) > 1) collect(tx, sensor, { event, chain });
      else noteSensorEvent(tx, sensor, caused);
    }
  }
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
