/** Records changes that automation conditions may read, in the same transaction. The conditions are evaluated right after it. */
import { chainOfTarget, type RunChain } from "@headgate/shared/domain/automation/cause-chain.ts";
import { conditionProgram } from "./condition-program.ts";
import type { Tx } from "../kernel/tx.ts";
import { catalogOf } from "../catalog/catalog.ts";
import { type ConditionChange, insertChanges } from "./condition-store.ts";
import { pullTimer, setTimer } from "../kernel/timer-store.ts";

/** The delay before the next evaluation, which may see other facts, e.g. that the condition requested something. */
export const FOLLOW_UP_MS = 1000;

/** Transactions that evaluate conditions: the changes that they cause wait for the next evaluation. */
const evaluating = new WeakSet<Tx>();

export function markEvaluation(tx: Tx): void {
  evaluating.add(tx);
}

export interface Because {
  /** The cause as a sentence, e.g. "bronze/orders was materialized by run 019a0c41." */
  readonly cause: string;
  /** The sensors that led to the change. */
  readonly chain?: RunChain | null | undefined;
}

/** `targets` are assets and checks. Nothing is written if no condition reads them. */
export function recordConditionChange(tx: Tx, targets: Iterable<string>, because: Because): void {
  recordConditionChanges(tx, [{ targets, ...because }]);
}

/** Records several changes, in order, with one write. */
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
    // This transaction's evaluation planned the next one before these changes were stored.
    pullTimer(tx.db, { kind: "condition", id: "", at: tx.now + FOLLOW_UP_MS });
    return;
  }
  // If the evaluation after this transaction fails, the timer repeats it.
  setTimer(tx.db, { kind: "condition", id: "", at: tx.now });
  tx.fact({ type: "conditions_changed" });
}

function sentence(text: string): string {
  const short = text.slice(0, 1000);
  return /[.!?]$/.test(short) ? short : `${short}.`;
}
