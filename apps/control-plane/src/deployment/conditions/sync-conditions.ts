/** A version became active: conditions that are new or different are evaluated, those that are gone are forgotten. */
import { conditionProgram } from "./condition-program.ts";
import { deleteConditionStates, insertChanges, insertEvaluation, lastSaid, stateDefinitions } from "./condition-store.ts";
import { setTimer } from "../kernel/timer-store.ts";
import type { Turn } from "../kernel/tx.ts";

export function syncConditions(turn: Turn): void {
  const { program, problems, definitionOf } = conditionProgram(turn.db, turn.catalog());
  const known = stateDefinitions(turn.db);
  const gone = [...known.keys()].filter((target) => !program.conditions.has(target));
  if (gone.length > 0) deleteConditionStates(turn.db, gone);
  const changed = [...program.conditions.keys()].filter((target) => known.get(target) !== definitionOf(target));
  for (const [target, error] of problems) {
    if (lastSaid(turn.db, target)?.error === error) continue;
    const id = turn.newId("eval");
    const cause = "A version became active.";
    insertEvaluation(turn.db, {
      id,
      target,
      at: turn.now,
      requested: 0,
      partitions: null,
      runs: [],
      backfill: null,
      cause,
      error,
      tree: null,
    });
    turn.effects.push({ type: "evaluation_added", id });
  }
  if (changed.length === 0) return;
  insertChanges(
    turn.db,
    changed.map((target) => ({ target, cause: known.has(target) ? "Its definition changed." : "Its condition is new.", chain: null })),
    turn.now,
  );
  setTimer(turn.db, { kind: "condition", id: "", at: turn.now });
  turn.effects.push({ type: "timers_changed" }, { type: "conditions_changed" });
}
