/** Performs a command together with the line of the audit log that its row of the contract describes. */
import type { AnyAuditLine } from "@headgate/shared/contract/procedure.ts";
import { type AnswerOf, type CommandName, type InputOf, PROCEDURES, type QueryName } from "@headgate/shared/contract/table.ts";
import type { TrpcContext } from "./context.ts";
import { answer } from "./init.ts";

/** `sentInput`: the input before its schema has parsed it. */
export type CallContext = TrpcContext & { readonly sentInput: () => Promise<unknown> };

const MAX_TARGET = 500;

export async function performAudited<N extends CommandName>(name: N, input: InputOf<N>, ctx: CallContext): Promise<AnswerOf<N>> {
  const audit = PROCEDURES[name].audit;
  if (audit === "with_the_change") throw new TypeError(`${name} is a command of a deployment: its row says what its audit line says`);
  const before = await readBefore(audit, input, ctx);
  // The row's functions are typed with the input of this name.
  const facts = { input, before } as never;
  const auditRow = ctx.auditRow({
    action: name,
    target: audit.target(input as never).slice(0, MAX_TARGET),
    ...(audit.line === undefined ? { after: await ctx.sentInput() } : audit.line(facts)),
  });
  return answer(ctx.deployment.perform(name, input, { ...ctx.actor, auditRow }));
}

async function readBefore(audit: AnyAuditLine, input: unknown, ctx: CallContext): Promise<unknown> {
  if (audit.before === undefined) return undefined;
  // A test of the contract checks that the name is a query's.
  return answer(ctx.deployment.ask(audit.before.ask as QueryName, audit.before.input(input as never) as never));
}
