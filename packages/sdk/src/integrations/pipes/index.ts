/** Entry point `@headgate/sdk/pipes`: programs in any language that speak the Dagster Pipes protocol as steps of assets. */
export { pipesResource } from "./pipes-resource.ts";
export type { PipesClient, PipesOutput, PipesRunOptions } from "./pipes-client.ts";
