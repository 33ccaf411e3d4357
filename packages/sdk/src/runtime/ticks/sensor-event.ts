/** An event as it came over the wire, in the form that a sensor's function sees. */
import type { SensorEvent } from "@headgate/shared/sensor/sensor-event.ts";
import type { AssetEvent, AssetsEvent, CheckEvent, RunEndEvent, WebhookEvent } from "../../automation/sensor-events.ts";

export function userEvent(event: SensorEvent): AssetEvent | AssetsEvent | RunEndEvent | CheckEvent | WebhookEvent {
  switch (event.type) {
    case "asset":
      return assetEvent(event);
    case "assets":
      return { assets: Object.fromEntries(event.events.map((one) => [one.asset, assetEvent(one)])) };
    case "run":
    case "check":
    case "webhook": {
      const { type: _, at, ...rest } = event;
      return { ...rest, at: new Date(at) };
    }
    default:
      return event satisfies never;
  }
}

function assetEvent({ asset, partition, run, at, metadata, dataVersion }: Extract<SensorEvent, { type: "asset" }>): AssetEvent {
  return { asset, partition, run, at: new Date(at), metadata, dataVersion };
}
