/** Entry point `@headgate/sdk/airbyte`: an Airbyte server as a resource, a sensor for its syncs, and its streams as assets. */
export { airbyteAssets } from "./airbyte-assets.ts";
export type { AirbyteAssetsOptions, AirbyteConnection, AirbyteStream } from "./airbyte-assets.ts";
export { airbyteResource } from "./airbyte-resource.ts";
export type { AirbyteResourceOptions } from "./airbyte-resource.ts";
export { airbyteSensor } from "./airbyte-sensor.ts";
export type { AirbyteOutcome, AirbyteSensorOptions, EndedAirbyteJob } from "./airbyte-sensor.ts";
export type { Airbyte, AirbyteJob, AirbyteJobFilter, AirbyteJobStatus, AirbyteJobType, AirbyteWaitOptions } from "./client.ts";
export { AirbyteError } from "./errors.ts";
export type { AirbyteErrorCode } from "./errors.ts";
