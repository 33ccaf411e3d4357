/** An event as it came over the wire, in the form that a sensor's function sees. */
import type { SensorEvent } from "@headgate/shared/sensor/event-schema.ts";
import type { AssetEvent, UserEvent } from "../../automation/sensor-events.ts";

export function userEvent(event: SensorEvent): UserEvent {
  switch (event.type) {
    case "asset":
      return assetEvent(event);
    case "assets":
      return { assets: Object.fromEntries(event.events.map((one) => [one.asset, assetEvent(one)])) };
    // On the wire, the other events differ from what the function sees only in their type and time.
    default: {
      const { type: _, at, ...rest } = event;
      return { ...rest, at: new Date(at) };
    }
  }
}

function assetEvent({ asset, partition, run, at, metadata, dataVersion }: Extract<SensorEvent, { type: "asset" }>): AssetEvent {
  return { asset, partition, run, at: new Date(at), metadata, dataVersion };
}
