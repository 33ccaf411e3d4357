/** How the Worker reaches a deployment's procedures: the Durable Object implements it, the router is written against it. */
import type { Result } from "../domain/errors.ts";
import type { Actor } from "./access/actor.ts";
import type { AnswerOf, CommandName, InputOf, QueryName } from "./table.ts";

export interface DeploymentProcedures {
  /** Callers take turns: `caller` is the id of the credential behind the call. Without it the call runs at once. */
  ask<N extends QueryName>(name: N, input: InputOf<N>, caller?: string): Promise<Result<AnswerOf<N>>>;
  perform<N extends CommandName>(name: N, input: InputOf<N>, actor: Actor): Promise<Result<AnswerOf<N>>>;
}
