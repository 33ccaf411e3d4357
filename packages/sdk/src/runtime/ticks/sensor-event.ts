/** An event as it came over the wire, in the form that a sensor's function sees. */
import type { SensorEvent } from "@headgate/shared/sensor/event-schema.ts";
import type { SeenEvent } from "../../automation/sensors/sensor.ts";

export function userEvent(event: SensorEvent): SeenEvent<SensorEvent["type"]> {
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

function assetEvent({ type: _type, seq: _seq, at, ...rest }: Extract<SensorEvent, { type: "asset" }>): SeenEvent<"asset"> {
  return { ...rest, at: new Date(at) };
}
