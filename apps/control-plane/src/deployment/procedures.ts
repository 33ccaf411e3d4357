/** Which query or command answers which name of `shared/api/procedures.ts`? One entry each; a topic keeps its entries in a file of its own. */
import type { AnswerOf, DeploymentCommands, DeploymentQueries, InputOf } from "@headgate/shared/api/procedures.ts";
import type { Actor } from "@headgate/shared/api/service.ts";
import type { Result } from "@headgate/shared/domain/errors.ts";
import { automationCommands, automationQueries } from "./ticks/procedures.ts";
import { conditionCommands, conditionQueries } from "./conditions/procedures.ts";
import { partitionCommands, partitionQueries } from "./backfills/procedures.ts";
import { hookCommands, hookQueries } from "./webhooks/procedures.ts";
import { queueCommands, queueQueries } from "./queue/procedures.ts";
import type { Reader } from "./kernel/reader.ts";
import type { Tx } from "./kernel/tx.ts";

export type QueriesOf<T> = { readonly [N in keyof T]: (reader: Reader, input: InputOf<T[N]>) => Result<AnswerOf<T[N]>> };
/** A command answers with what is to be read once it is stored. */
export type CommandsOf<T> = {
  readonly [N in keyof T]: (tx: Tx, input: InputOf<T[N]>, actor: Actor) => Result<(reader: Reader) => AnswerOf<T[N]>>;
};

export const QUERIES: QueriesOf<DeploymentQueries> = {
  ...automationQueries,
  ...conditionQueries,
  ...partitionQueries,
  ...hookQueries,
  ...queueQueries,
};
export const COMMANDS: CommandsOf<DeploymentCommands> = {
  ...automationCommands,
  ...conditionCommands,
  ...partitionCommands,
  ...hookCommands,
  ...queueCommands,
};
