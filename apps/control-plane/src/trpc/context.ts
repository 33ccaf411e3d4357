/** What every procedure gets: the deployment it is about and who asks. Made once per request by the Worker, after authentication. */
import type { Actor } from "@headgate/shared/contract/access/actor.ts";
import type { DeploymentProcedures } from "@headgate/shared/contract/deployment.ts";
import type { AnswerOf, DirectoryProcedureName, InputOf, ProcedureName } from "@headgate/shared/contract/table.ts";

/** What the directory answers, narrowed to one deployment: one entry for each procedure of the scope `organization`. */
export type DirectoryProcedures = { readonly [N in DirectoryProcedureName]: (input: InputOf<N>) => Promise<AnswerOf<N>> };

/** One line of the audit log, without who and where, which the Worker adds. */
export interface ProcedureChange {
  readonly action: string;
  readonly target: string;
  readonly before?: unknown;
  readonly after: unknown;
}

export interface TrpcContext {
  readonly actor: Actor;
  readonly deployment: DeploymentProcedures;
  readonly directory: DirectoryProcedures;
  /** The row of the audit log about a change, for the deployment to store with it. */
  auditRow(change: ProcedureChange): string;
  /** In tests: throws when an answer does not fit the output schema of its procedure. */
  readonly check?: ((name: ProcedureName, answer: unknown) => void) | undefined;
}
