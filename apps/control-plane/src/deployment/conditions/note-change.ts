/** Something happened that a condition may look at: it is written down in the same transaction and looked at right after it. */
import { chainOfTarget, type RunChain } from "@headgate/shared/domain/automation/cause-chain.ts";
import { conditionProgram } from "./condition-program.ts";
import { insertChanges } from "./condition-store.ts";
import { setTimer } from "../kernel/timer-store.ts";
import type { Tx } from "../kernel/tx.ts";

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
export function noteConditionChange(tx: Tx, targets: Iterable<string>, { cause, chain = null }: Because): void {
  const { program } = conditionProgram(tx.db, tx.catalog());
  if (program.conditions.size === 0) return;
  const read = [...targets].filter((target) => program.readersOf(target).length > 0);
  if (read.length === 0) return;
  insertChanges(
    tx.db,
    read.map((target) => ({ target, cause: sentence(cause), chain: chainOfTarget(chain, target) })),
    tx.now,
  );
  if (evaluating.has(tx)) return;
  // Should the evaluation after this transaction not come to its end, the timer brings it back.
  setTimer(tx.db, { kind: "condition", id: "", at: tx.now });
  tx.effects.push({ type: "timers_changed" }, { type: "conditions_changed" });
}

function sentence(text: string): string {
  const short = text.slice(0, 1000);
  return /[.!?]$/.test(short) ? short : `${short}.`;
}
