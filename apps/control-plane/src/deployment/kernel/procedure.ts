/** The types of the functions that answer procedures. */
import type { AnswerOf, InputOf } from "@headgate/shared/api/procedures.ts";
import type { Actor } from "@headgate/shared/api/service.ts";
import type { Result } from "@headgate/shared/domain/errors.ts";
import type { Reader } from "./reader.ts";
import type { Tx } from "./tx.ts";

export type QueriesOf<T> = { readonly [N in keyof T]: (reader: Reader, input: InputOf<T[N]>) => Result<AnswerOf<T[N]>> };
/** A command returns a function that reads its answer after the commit. */
export type CommandsOf<T> = {
  readonly [N in keyof T]: (tx: Tx, input: InputOf<T[N]>, actor: Actor) => Result<(reader: Reader) => AnswerOf<T[N]>>;
};
