/** All procedures. A new one is a row in the file of its noun, and its implementation; names are the same in every layer. */
import type { z } from "zod";
import { agentProcedures } from "./catalog/agents.ts";
import { assetProcedures } from "./assets/assets.ts";
import { automationProcedures } from "./automations/automations.ts";
import { backfillProcedures } from "./runs/backfills.ts";
import { conditionProcedures } from "./automations/conditions.ts";
import { definitionsProcedures } from "./catalog/definitions.ts";
import { homeProcedures } from "./home.ts";
import { locationProcedures } from "./catalog/locations.ts";
import { outboxProcedures } from "./outbox.ts";
import { partitionProcedures } from "./assets/partitions.ts";
import type { Procedure, Scope } from "./procedure.ts";
import { queueProcedures } from "./runs/queue.ts";
import { runProcedures } from "./runs/runs.ts";
import { switchProcedures } from "./automations/switches.ts";
import { settingsProcedures } from "./runs/settings.ts";
import { timelineProcedures } from "./runs/timeline.ts";
import { tokenProcedures } from "./access/tokens.ts";
import type { View } from "./view.ts";
import { webhookProcedures } from "./automations/webhooks.ts";

export const PROCEDURES = {
  ...homeProcedures,
  ...definitionsProcedures,
  ...assetProcedures,
  ...partitionProcedures,
  ...runProcedures,
  ...queueProcedures,
  ...settingsProcedures,
  ...timelineProcedures,
  ...backfillProcedures,
  ...automationProcedures,
  ...webhookProcedures,
  ...conditionProcedures,
  ...switchProcedures,
  ...locationProcedures,
  ...agentProcedures,
  ...outboxProcedures,
  ...tokenProcedures,
} satisfies Readonly<Record<`${string}.${string}`, Procedure>>;

export type Procedures = typeof PROCEDURES;
export type ProcedureName = keyof Procedures;
type NamesOf<S extends Scope, K extends Procedure["kind"]> = {
  [N in ProcedureName]: Procedures[N] extends { readonly scope: S; readonly kind: K } ? N : never;
}[ProcedureName];
/** Answered by the deployment's object, from what is stored. */
export type QueryName = NamesOf<"deployment", "query">;
/** Performed by the deployment's object. */
export type CommandName = NamesOf<"deployment", "command">;
/** Answered by the Worker, from the directory. */
export type DirectoryProcedureName = NamesOf<"organization", Procedure["kind"]>;

/** What the implementation gets. */
export type InputOf<N extends ProcedureName> = Procedures[N]["input"] extends z.ZodType ? z.output<Procedures[N]["input"]> : undefined;
/** What a client sends. */
export type SentInputOf<N extends ProcedureName> = Procedures[N]["input"] extends z.ZodType ? z.input<Procedures[N]["input"]> : void;
export type AnswerOf<N extends ProcedureName> = View<Procedures[N]["output"]>;

/** The name before the dot. */
export type NounOf<N extends ProcedureName> = N extends `${infer Noun}.${string}` ? Noun : never;
/** The names of some nouns. */
export type NamesIn<N extends ProcedureName, Noun extends NounOf<ProcedureName>> = Extract<N, `${Noun}.${string}`>;

export const PROCEDURE_NAMES = Object.keys(PROCEDURES) as readonly ProcedureName[];
