/** The shape of the functions that answer procedures. Each has the name of its row in the contract. */
import type { Actor } from "@headgate/shared/contract/access/actor.ts";
import type { AnswerOf, CommandName, InputOf, NamesIn, NounOf, QueryName } from "@headgate/shared/contract/table.ts";
import type { Result } from "@headgate/shared/domain/errors.ts";
import type { Reader } from "./reader.ts";
import type { Tx } from "./tx.ts";

export type QueriesOf<N extends QueryName> = { readonly [Name in N]: (reader: Reader, input: InputOf<Name>) => Result<AnswerOf<Name>> };
/** A command answers with what is to be read once it is stored, so that no answer shows something that was not. */
export type CommandsOf<N extends CommandName> = {
  readonly [Name in N]: (tx: Tx, input: InputOf<Name>, actor: Actor) => Result<(reader: Reader) => AnswerOf<Name>>;
};
/** All procedures of a noun except `Elsewhere`, which have another shape. */
export type ProceduresOf<Noun extends NounOf<QueryName | CommandName>, Elsewhere extends CommandName = never> = QueriesOf<
  NamesIn<QueryName, Noun>
> &
  CommandsOf<Exclude<NamesIn<CommandName, Noun>, Elsewhere>>;
