/** Entry point `@headgate/sdk/dbt`. */
export { dbtAssets, type DbtAssetsOptions, type DbtPartition } from "./dbt-assets.ts";
export { dbtSources, type DbtSourcesOptions } from "./dbt-sources.ts";
export type { DbtNode } from "./graph/dbt-node.ts";
export { microbatchPartitions } from "./graph/event-time.ts";
export { dbtProject, type DbtProject, type DbtProjectOptions } from "./project.ts";
export {
  dbtResource,
  type Dbt,
  type DbtCommandOptions,
  type DbtCommandResult,
  type DbtNodeResult,
  type DbtResourceOptions,
} from "./dbt-resource.ts";
export type { DbtAssetOptions } from "./graph/describe.ts";
