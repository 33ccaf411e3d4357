/**
 * The shape of a row of the contract: one row is one procedure. The router, the clients' types, the access test, the audit line and the
 * reference page are made from the rows; `table.ts` has all of them.
 */
import type { z } from "zod";
import type { Role } from "../domain/access/role.ts";

/**
 * Whose data a procedure is about. `deployment`: its Durable Object answers. `organization`: the directory answers, inside the Worker.
 * The role is checked in that scope.
 */
export type Scope = "deployment" | "organization";

/**
 * What the audit log says about a command that succeeded: who and when are added by the Worker. It is made before the command and stored with
 * the change, so it knows no answer.
 */
export interface AuditLine<I, B> {
  /** Names what was changed. */
  readonly target: (input: I) => string;
  /** A query to ask before the change, for a line that also says what was there. `answer` is its output schema. */
  readonly before?: { readonly ask: string; readonly input: (input: I) => unknown; readonly answer: z.ZodType<B> };
  /** Default: `after` is the input as it was sent. */
  readonly line?: (facts: { readonly input: I; readonly before: B }) => {
    readonly before?: unknown;
    readonly after: unknown;
  };
}
/** The line of some command: its functions want the input of that command. */
export interface AnyAuditLine {
  readonly target: (input: never) => string;
  readonly before?: { readonly ask: string; readonly input: (input: never) => unknown };
  readonly line?: (facts: never) => { readonly before?: unknown; readonly after: unknown };
}

interface Row<S extends Scope, I extends z.ZodType | null, O extends z.ZodType> {
  readonly scope: S;
  readonly role: Role;
  /** One sentence for the reference page. */
  readonly summary: string;
  /** Null: it takes no input. */
  readonly input: I;
  readonly output: O;
}
export interface Query<S extends Scope, I extends z.ZodType | null, O extends z.ZodType> extends Row<S, I, O> {
  readonly kind: "query";
}
export interface Command<S extends Scope, I extends z.ZodType | null, O extends z.ZodType> extends Row<S, I, O> {
  readonly kind: "command";
  /** `with_the_change`: the directory writes the line in the transaction of the change itself. */
  readonly audit: AnyAuditLine | "with_the_change";
}
export type Procedure = Query<Scope, z.ZodType | null, z.ZodType> | Command<Scope, z.ZodType | null, z.ZodType>;

export function query<const S extends Scope, I extends z.ZodType | null, O extends z.ZodType>(row: Row<S, I, O>): Query<S, I, O> {
  return { ...row, kind: "query" };
}

export function command<const S extends Scope, I extends z.ZodType, O extends z.ZodType, B>(
  row: Row<S, I, O> & { readonly audit: AuditLine<z.output<I>, B> | "with_the_change" },
): Command<S, I, O> {
  return { ...row, kind: "command" };
}
