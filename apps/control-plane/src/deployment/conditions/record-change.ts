/** Records what automation conditions may read, in the same transaction. They are evaluated right after it. */
import { chainOfTarget, type RunChain } from "@headgate/shared/domain/automation/cause-chain.ts";
import { conditionProgram } from "./condition-program.ts";
import type { Tx } from "../kernel/tx.ts";
import { catalogOf } from "../catalog/catalog.ts";
import { type ConditionChange, insertChanges } from "./condition-store.ts";
import { pullTimer, setTimer } from "../kernel/timer-store.ts";

/** After an evaluation something may be true that was not before, e.g. that it requested something: looked at after this long. */
export const FOLLOW_UP_MS = 1000;

/** Transactions in which conditions are evaluated: what they themselves cause waits for the next evaluation. */
const evaluating = new WeakSet<Tx>();

export function markEvaluation(tx: Tx): void {
  evaluating.add(tx);
}

export interface Because {
  /** A sentence about it, e.g. "bronze/orders was materialized by run 019a0c41." */
  readonly cause: string;
  /** The sensors that led to it. */
  readonly chain?: RunChain | null | undefined;
}

/** `targets`: assets and checks. Costs nothing when no condition looks at them. */
export function recordConditionChange(tx: Tx, targets: Iterable<string>, because: Because): void {
  recordConditionChanges(tx, [{ targets, ...because }]);
}

/** Several changes, in order, with one write. */
export function recordConditionChanges(tx: Tx, changes: Iterable<Because & { readonly targets: Iterable<string> }>): void {
  const { program } = conditionProgram(tx.db, catalogOf(tx));
  if (program.conditions.size === 0) return;
  const rows: ConditionChange[] = [];
  for (const { targets, cause, chain = null } of changes) {
    for (const target of targets)
      if (program.readersOf(target).length > 0) rows.push({ target, cause: sentence(cause), chain: chainOfTarget(chain, target) });
  }
  if (rows.length === 0) return;
  insertChanges(tx.db, rows, tx.now);
  tx.effects.push({ type: "timers_changed" });
  if (evaluating.has(tx)) {
    // The evaluation of this transaction has planned the next one before these changes were stored.
    pullTimer(tx.db, { kind: "condition", id: "", at: tx.now + FOLLOW_UP_MS });
    return;
  }
  // Should the evaluation after this transaction not come to its end, the timer brings it back.
  setTimer(tx.db, { kind: "condition", id: "", at: tx.now });
  tx.fact({ type: "conditions_changed" });
}

function sentence(text: string): string {
  const short = text.slice(0, 1000);
  return /[.!?]$/.test(short) ? short : `${short}.`;
}
