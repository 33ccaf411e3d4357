/**
 * The functions that answer the procedures of a deployment, one for each row of the contract: a name without an entry, and an entry
 * without a row, are type errors. Each subject keeps the entries of its nouns.
 */
import type { AnswerOf, CommandName, InputOf, NounOf, QueryName } from "@headgate/shared/contract/table.ts";
import type { Result } from "@headgate/shared/domain/errors.ts";
import { assetProcedures, partitionProcedures } from "./asset-pages/procedures.ts";
import { automationProcedures } from "./automations/procedures.ts";
import { backfillProcedures } from "./backfills/procedures.ts";
import { definitionsProcedures, locationProcedures } from "./catalog/procedures.ts";
import { conditionProcedures } from "./conditions/procedures.ts";
import { type DryRunPorts, startDryRun } from "./dry-run/start-dry-run.ts";
import { homeProcedures, timelineProcedures } from "./home/procedures.ts";
import type { CommandsOf, ProceduresOf, QueriesOf } from "./kernel/procedure.ts";
import { outboxProcedures } from "./outbox/procedures.ts";
import { agentProcedures, queueProcedures, runProcedures, settingsProcedures } from "./run-pages/procedures.ts";
import { switchProcedures } from "./switches/procedures.ts";
import { webhookProcedures } from "./webhooks/procedures.ts";

/** Commands that wait for an agent, so that one transaction is not enough. */
type WaitingCommands = { readonly [N in CommandName]?: (ports: DryRunPorts, input: InputOf<N>) => Promise<Result<AnswerOf<N>>> };
const WAITING = { "automations.test": startDryRun } satisfies WaitingCommands;
type WaitingName = keyof typeof WAITING;

const BY_NOUN: { readonly [Noun in NounOf<QueryName | CommandName>]: ProceduresOf<Noun, WaitingName> } = {
  home: homeProcedures,
  timeline: timelineProcedures,
  definitions: definitionsProcedures,
  locations: locationProcedures,
  assets: assetProcedures,
  partitions: partitionProcedures,
  runs: runProcedures,
  queue: queueProcedures,
  settings: settingsProcedures,
  agents: agentProcedures,
  backfills: backfillProcedures,
  automations: automationProcedures,
  webhooks: webhookProcedures,
  conditions: conditionProcedures,
  switches: switchProcedures,
  outbox: outboxProcedures,
};
const ALL = Object.fromEntries(Object.values(BY_NOUN).flatMap((entries) => Object.entries(entries))) as unknown as QueriesOf<QueryName> &
  CommandsOf<Exclude<CommandName, WaitingName>>;

export const QUERIES: QueriesOf<QueryName> = ALL;
export const COMMANDS: Partial<CommandsOf<CommandName>> = ALL;
export const WAITING_COMMANDS: WaitingCommands = WAITING;
