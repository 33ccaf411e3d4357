/** A run ended: what it did not get to is no longer in progress. */
import { shortRunId } from "@headgate/shared/format/run-id.ts";
import { conditionProgram } from "../../condition-program.ts";
import { targetsOfRun } from "../../store/condition-fact-store.ts";
import type { Turn } from "../../turn.ts";
import { noteConditionChange } from "../asset-changed.ts";
import type { RunSession } from "../run-session.ts";

export function conditionsRunEnded(turn: Turn, { row }: RunSession): void {
  if (conditionProgram(turn.db, turn.catalog()).program.conditions.size === 0) return;
  noteConditionChange(turn, targetsOfRun(turn.db, row.no), {
    cause: `Run ${shortRunId(row.id)} ended as ${row.status}.`,
    chain: row.chain,
  });
}
