/** How the Worker reaches a deployment's procedures: the Durable Object implements it, the router is written against it. */
import type { Result } from "../domain/errors.ts";
import type { Actor } from "./access/actor.ts";
import type { AnswerOf, CommandName, InputOf, QueryName } from "./table.ts";

/** Who performs a command. */
export interface AuditedActor extends Actor {
  /** The row of the audit log as text. It is stored in the transaction of the change and reaches the log from there. */
  readonly auditRow?: string | undefined;
}

export interface DeploymentProcedures {
  /** Callers take turns: `caller` is the id of the credential behind the call. Without it the call runs at once. */
  ask<N extends QueryName>(name: N, input: InputOf<N>, caller?: string): Promise<Result<AnswerOf<N>>>;
  perform<N extends CommandName>(name: N, input: InputOf<N>, actor: AuditedActor): Promise<Result<AnswerOf<N>>>;
}
