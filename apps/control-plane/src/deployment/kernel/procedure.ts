/** The types of the functions that answer procedures. */
import type { Actor } from "@headgate/shared/contract/access/actor.ts";
import type { AnswerOf, CommandName, InputOf, NamesIn, NounOf, QueryName } from "@headgate/shared/contract/table.ts";
import type { Result } from "@headgate/shared/domain/errors.ts";
import type { Reader } from "./reader.ts";
import type { Tx } from "./tx.ts";

export type QueriesOf<N extends QueryName> = { readonly [Name in N]: (reader: Reader, input: InputOf<Name>) => Result<AnswerOf<Name>> };
/** A command returns a function that reads its answer after the commit. */
export type CommandsOf<N extends CommandName> = {
  readonly [Name in N]: (tx: Tx, input: InputOf<Name>, actor: Actor) => Result<(reader: Reader) => AnswerOf<Name>>;
};
/** All procedures of a noun except `Elsewhere`, which have another shape. */
export type ProceduresOf<Noun extends NounOf<QueryName | CommandName>, Elsewhere extends CommandName = never> = QueriesOf<
  NamesIn<QueryName, Noun>
> &
  CommandsOf<Exclude<NamesIn<CommandName, Noun>, Elsewhere>>;
