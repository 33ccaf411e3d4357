/** Runs after an activation: new and changed conditions are evaluated, and the states of removed ones are deleted. */
import { conditionProgram } from "./condition-program.ts";
import { deleteConditionStates, insertChanges, insertEvaluation, lastSaid, stateDefinitions } from "./condition-store.ts";
import { setTimer } from "../kernel/timer-store.ts";
import type { Tx } from "../kernel/tx.ts";
import { catalogOf } from "../catalog/catalog.ts";

export function syncConditions(tx: Tx): void {
  const { program, problems, definitionOf } = conditionProgram(tx.db, catalogOf(tx));
  const known = stateDefinitions(tx.db);
  const gone = [...known.keys()].filter((target) => !program.conditions.has(target));
  if (gone.length > 0) deleteConditionStates(tx.db, gone);
  const changed = [...program.conditions.keys()].filter((target) => known.get(target) !== definitionOf(target));
  for (const [target, error] of problems) {
    if (lastSaid(tx.db, target)?.error === error) continue;
    const id = tx.newId("eval");
    const cause = "A version became active.";
    insertEvaluation(tx.db, {
      id,
      target,
      at: tx.now,
      requested: 0,
      partitions: null,
      runs: [],
      backfill: null,
      cause,
      error,
      tree: null,
    });
    tx.fact({ type: "evaluation_added", id });
  }
  if (changed.length === 0) return;
  insertChanges(
    tx.db,
    changed.map((target) => ({ target, cause: known.has(target) ? "Its definition changed." : "Its condition is new.", chain: null })),
    tx.now,
  );
  setTimer(tx.db, { kind: "condition", id: "", at: tx.now });
  tx.effects.push({ type: "timers_changed" });
  tx.fact({ type: "conditions_changed" });
}
