/** A run ended: what it did not get to is no longer in progress. */
import { shortRunId } from "@headgate/shared/api/trigger-words.ts";
import { conditionProgram } from "./condition-program.ts";
import { targetsOfRun } from "./condition-fact-store.ts";
import type { Tx } from "../kernel/tx.ts";
import { noteConditionChange } from "./note-change.ts";
import type { RunSession } from "../runs/run-session.ts";

export function conditionsRunEnded(tx: Tx, { row }: RunSession): void {
  if (conditionProgram(tx.db, tx.catalog()).program.conditions.size === 0) return;
  noteConditionChange(tx, targetsOfRun(tx.db, row.no), {
    cause: `Run ${shortRunId(row.id)} ended as ${row.status}.`,
    chain: row.chain,
  });
}
