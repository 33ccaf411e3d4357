/** The tRPC router, made from the contract's rows: one procedure for each, with its role, its input and its audit line. */
import type { TRPCMutationProcedure, TRPCQueryProcedure } from "@trpc/server";
import {
  type AnswerOf,
  type DirectoryProcedureName,
  type NamesIn,
  type NounOf,
  PROCEDURE_NAMES,
  type ProcedureName,
  PROCEDURES,
  type Procedures,
  type QueryName,
  type SentInputOf,
} from "@headgate/shared/contract/table.ts";
import { type CallContext, performAudited } from "./perform-audited.ts";
import { answer, procedure, router } from "./init.ts";
import { seenBy } from "./webhook-address.ts";

interface Definition<N extends ProcedureName> {
  readonly meta: unknown;
  readonly input: SentInputOf<N>;
  readonly output: AnswerOf<N>;
}
type RouterProcedure<N extends ProcedureName> = Procedures[N]["kind"] extends "query"
  ? TRPCQueryProcedure<Definition<N>>
  : TRPCMutationProcedure<Definition<N>>;
/** `runs.launch` is the procedure `launch` of the router `runs`. */
type RouterRecord = {
  readonly [Noun in NounOf<ProcedureName>]: {
    readonly [N in NamesIn<ProcedureName, Noun> as N extends `${Noun}.${infer Method}` ? Method : never]: RouterProcedure<N>;
  };
};

export const appRouter = router(recordOfAll());
export type AppRouter = typeof appRouter;

function recordOfAll(): RouterRecord {
  const record: Record<string, Record<string, unknown>> = {};
  for (const name of PROCEDURE_NAMES) {
    const [noun = "", method = ""] = name.split(".");
    (record[noun] ??= {})[method] = procedureOf(name);
  }
  // The names of the type are split in the same way.
  return record as unknown as RouterRecord;
}

function procedureOf(name: ProcedureName) {
  const { kind, role, input: schema } = PROCEDURES[name];
  const made = schema === null ? procedure(role) : procedure(role).input(schema);
  const resolve = async ({ ctx, input }: { ctx: CallContext; input?: unknown }) => {
    // The schema of this very name has parsed it.
    const value = await valueOf(name, input as never, ctx);
    ctx.check?.(name, value);
    return value;
  };
  return kind === "query" ? made.query(resolve) : made.mutation(resolve);
}

async function valueOf(name: ProcedureName, input: never, ctx: CallContext): Promise<AnswerOf<ProcedureName>> {
  if (isDirectoryName(name)) return ctx.directory[name](input);
  if (isQueryName(name)) return seenBy(name, ctx.actor.role, await answer(ctx.deployment.ask(name, input)));
  return performAudited(name, input, ctx);
}

function isDirectoryName(name: ProcedureName): name is DirectoryProcedureName {
  return PROCEDURES[name].scope === "organization";
}

function isQueryName(name: Exclude<ProcedureName, DirectoryProcedureName>): name is QueryName {
  return PROCEDURES[name].kind === "query";
}
