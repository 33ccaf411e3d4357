/** Which query or command answers which name of `shared/api/procedures.ts`? One entry each; a topic keeps its entries in a file of its own. */
import { automationCommands, automationQueries } from "./automations/procedures.ts";
import { conditionCommands, conditionQueries } from "./conditions/procedures.ts";
import { partitionCommands, partitionQueries } from "./asset-pages/procedures.ts";
import { backfillCommands, backfillQueries } from "./backfills/procedures.ts";
import { hookCommands, hookQueries } from "./webhooks/procedures.ts";
import { queueCommands, queueQueries } from "./run-pages/procedures.ts";
import type { CommandsOf, QueriesOf } from "./kernel/procedure.ts";
import { homeQueries } from "./home/procedures.ts";

export const QUERIES: QueriesOf<DeploymentQueries> = {
  ...automationQueries,
  ...conditionQueries,
  ...partitionQueries,
  ...backfillQueries,
  ...hookQueries,
  ...queueQueries,
  ...homeQueries,
};
export const COMMANDS: CommandsOf<DeploymentCommands> = {
  ...automationCommands,
  ...conditionCommands,
  ...partitionCommands,
  ...backfillCommands,
  ...hookCommands,
  ...queueCommands,
};
