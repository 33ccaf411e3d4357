/**
 * Evaluates the due automation conditions, makes runs of their requests and stores their new states, all in one transaction. If it fails,
 * nothing has happened; once it is stored, nothing happens twice.
 */
import type { PauseView } from "@headgate/shared/contract/automations/conditions.ts";
import { evaluateTick, type TargetResult, type TickResult } from "@headgate/shared/domain/automation/evaluate.ts";
import type { AutomationProgram } from "@headgate/shared/domain/automation/program.ts";
import type { TargetState } from "@headgate/shared/domain/automation/state.ts";
import { evaluationTree } from "@headgate/shared/domain/automation/tree.ts";
import { refuse } from "@headgate/shared/domain/errors.ts";
import { countOf, EMPTY_SUBSET, type PartitionSubset, union } from "@headgate/shared/domain/partitions/subset.ts";
import { type ConditionProgram, conditionProgram } from "../condition-program.ts";
import {
  hasChanges,
  insertEvaluation,
  lastSaid,
  nextWakeAt,
  saveConditionStates,
  type SavedState,
  saveWakeAt,
  saysTheSame,
  takeChanges,
} from "../condition-store.ts";
import { lastGlobalSeq } from "../../kernel/events/event-store.ts";
import { clearTimer, setTimer } from "../../kernel/timer-store.ts";
import { logError } from "../../kernel/log-error.ts";
import { partitionTexts } from "../../partitions/partition-text.ts";
import type { Tx } from "../../kernel/tx.ts";
import { FOLLOW_UP_MS, markEvaluation } from "../record-change.ts";
import { eventTime, noteEvaluationTime } from "../../kernel/events/event-store.ts";
import { type Chains, openChains } from "./chains.ts";
import { type DeploymentFacts, deploymentFacts } from "./deployment-facts.ts";
import { lazyStates, openGate, restricted, takeDue } from "./due.ts";
import { makeRuns, type Made, NOTHING_MADE } from "./make-runs.ts";
import { stateAfter } from "./state-after.ts";
import { catalogOf } from "../../catalog/catalog.ts";

const AFTER_PROBLEM_MS = 600_000;
const MAX_RANGES = 20;

export function evaluateConditions(tx: Tx): void {
  markEvaluation(tx);
  noteEvaluationTime(tx);
  const prepared = conditionProgram(tx.db, catalogOf(tx));
  if (prepared.program.conditions.size === 0) {
    takeChanges(tx.db);
    clearTimer(tx.db, "condition", "");
    tx.effects.push({ type: "timers_changed" });
    return;
  }
  const { causes, chains: noticed, woken, more } = takeDue(tx, prepared.program);
  const gate = openGate(tx, prepared.program, causes.keys());
  const due = [...gate.program.conditions.keys()];
  const facts = deploymentFacts(tx);
  facts.prefetch(due.flatMap((target) => [target, ...prepared.program.dependenciesOf(target)]));
  const states = lazyStates(tx.db, due);
  const tick = evaluateSafely(tx, { program: gate.program, facts, states });
  const chains = openChains(tx, {
    program: prepared.program,
    due: causes.keys(),
    noticed,
    // A target may also be woken after a burst or for a follow-up; then its condition named no time.
    anew: [...woken].filter((target) => (states.get(target)?.wakeAt ?? Infinity) <= eventTime(tx)),
    requested: [...tick.requested].flatMap(([target, subset]) => (subset.length > 0 ? [target] : [])),
  });
  storeResults(tx, { prepared, facts, tick, causes, states, chains });
  if (gate.paused.size > 0) tellPaused(tx, { program: prepared.program, facts, causes, paused: gate.paused });
  planNext(tx, more);
}

interface Known {
  readonly program: AutomationProgram;
  readonly facts: DeploymentFacts;
  readonly states: ReadonlyMap<string, TargetState>;
}

function evaluate(tx: Tx, known: Known): TickResult {
  return evaluateTick({ ...known, mode: "event_order", now: eventTime(tx), sequence: lastGlobalSeq(tx.db) });
}

/** If evaluating all conditions at once throws, evaluates them one by one, so that a broken one does not block the others. */
function evaluateSafely(tx: Tx, known: Known): TickResult {
  try {
    return evaluate(tx, known);
  } catch (error) {
    logError("Automation conditions could not be evaluated together", error);
  }
  const results: TargetResult[] = [];
  const requested = new Map<string, PartitionSubset>();
  for (const target of known.program.conditions.keys()) {
    try {
      const alone = evaluate(tx, { ...known, program: restricted(known.program, [target], (other) => other === target) });
      results.push(...alone.results);
      for (const [other, subset] of alone.requested) requested.set(other, union(requested.get(other) ?? EMPTY_SUBSET, subset));
    } catch (error) {
      logError(`The automation condition of ${target} could not be evaluated`, error);
      results.push({
        target,
        outcome: refuse("internal", "It could not be evaluated; the control plane's log has the details.", { target }),
      });
    }
  }
  return { results, requested };
}

interface Evaluation {
  readonly prepared: ConditionProgram;
  readonly facts: DeploymentFacts;
  readonly tick: TickResult;
  readonly causes: ReadonlyMap<string, string>;
  readonly states: ReadonlyMap<string, TargetState>;
  readonly chains: Chains;
}

function storeResults(tx: Tx, { prepared, facts, tick, causes, states: before, chains }: Evaluation): void {
  const ids = new Map(tick.results.map(({ target }) => [target, tx.newId("eval")]));
  const made = makeRuns(tx, { requested: tick.requested, facts, evaluationOf: (target) => ids.get(target) ?? "", chainOf: chains.of });
  const states: SavedState[] = [];
  for (const result of tick.results) {
    const { target, outcome } = result;
    const own = made.get(target) ?? NOTHING_MADE;
    const cause = causes.get(target) ?? aboutToBeRequested(prepared.program, tick, target);
    const isFirst = outcome.ok && !before.has(target);
    storeEvaluation(tx, { id: ids.get(target) ?? "", result, made: own, cause, facts, isFirst });
    if (!outcome.ok) {
      // The state stays as it was; the problem will not go away soon.
      saveWakeAt(tx.db, target, tx.now + AFTER_PROBLEM_MS);
      continue;
    }
    const state = stateAfter(outcome.value.state, { set: facts.partitions(assetOfTarget(target)), left: own.left });
    const followUp = state.active ? tx.now + FOLLOW_UP_MS : Infinity;
    const wakeAt = Math.min(state.wakeAt ?? Infinity, followUp);
    states.push({
      target,
      state,
      wakeAt: Number.isFinite(wakeAt) ? wakeAt : null,
      requestedAt: outcome.value.requested.length > 0 ? tx.now : null,
      definition: prepared.definitionOf(target),
    });
  }
  saveConditionStates(tx.db, states);
  chains.settle(new Set(states.filter(({ requestedAt }) => requestedAt !== null).map(({ target }) => target)));
}

function aboutToBeRequested(program: AutomationProgram, tick: TickResult, target: string): string {
  const upstream = [...tick.requested.keys()].find((other) => other !== target && program.readersOf(other).includes(target));
  return upstream === undefined ? "Something it looks at changed." : `${upstream} is about to be executed.`;
}

/** Stores an evaluation that requested something, failed, or differs from the last stored one. */
function storeEvaluation(
  tx: Tx,
  input: {
    readonly id: string;
    readonly result: TargetResult;
    readonly made: Made;
    readonly cause: string;
    readonly facts: DeploymentFacts;
    readonly isFirst: boolean;
  },
): void {
  const { id, result, made, cause, facts } = input;
  const { target, outcome } = result;
  const requested = outcome.ok ? countOf(outcome.value.requested) : 0;
  const tree = outcome.ok ? evaluationTree(outcome.value.evaluated, facts) : null;
  const error = outcome.ok ? made.error : outcome.error.message;
  // The first evaluation is soon followed by another one, which shows the actual state.
  if (requested === 0 && (input.isFirst || saysTheSame(tx.db, target, { tree, error }))) return;
  const set = facts.partitions(assetOfTarget(target));
  insertEvaluation(tx.db, {
    id,
    target,
    at: tx.now,
    requested: requested - countOf(made.left),
    partitions: set && outcome.ok ? partitionTexts(set, outcome.value.requested, MAX_RANGES) : null,
    runs: made.runs,
    backfill: made.backfill,
    cause,
    error,
    tree,
  });
  if (requested > 0 || error !== null) tx.fact({ type: "evaluation_added", id });
}

/** Stores once what a paused condition would have requested. Its state does not change, so it requests that when the pause ends. */
function tellPaused(
  tx: Tx,
  input: {
    readonly program: AutomationProgram;
    readonly facts: DeploymentFacts;
    readonly causes: ReadonlyMap<string, string>;
    readonly paused: ReadonlyMap<string, PauseView>;
  },
): void {
  const { paused, causes, facts } = input;
  const due = [...paused.keys()].filter((target) => causes.has(target));
  // They are evaluated again when the pause ends.
  for (const target of due) saveWakeAt(tx.db, target, null);
  const wasTold = (target: string) => {
    const pause = paused.get(target);
    return pause !== undefined && lastSaid(tx.db, target)?.error === textOf(pause);
  };
  // During a long pause, each evaluation would read more events only to say the same again.
  const keys = due.filter((target) => !wasTold(target));
  if (keys.length === 0) return;
  const program = restricted(input.program, keys, (target) => paused.has(target));
  const { results } = evaluate(tx, { program, facts, states: lazyStates(tx.db, keys) });
  for (const { target, outcome } of results) {
    const pause = paused.get(target);
    if (!pause || !outcome.ok || outcome.value.requested.length === 0 || wasTold(target)) continue;
    const error = textOf(pause);
    const id = tx.newId("eval");
    const tree = evaluationTree(outcome.value.evaluated, facts);
    const cause = causes.get(target) ?? "Something it looks at changed.";
    insertEvaluation(tx.db, { id, target, at: tx.now, requested: 0, partitions: null, runs: [], backfill: null, cause, error, tree });
    tx.fact({ type: "evaluation_added", id });
  }
}

function textOf({ by, reason }: PauseView): string {
  return `Paused by ${by}${reason === null ? "" : ` (${reason})`}: it will request runs when the pause ends.`;
}

function planNext(tx: Tx, more: boolean): void {
  const followUp = more ? tx.now : hasChanges(tx.db) ? tx.now + FOLLOW_UP_MS : Infinity;
  const at = Math.min(followUp, nextWakeAt(tx.db) ?? Infinity);
  if (Number.isFinite(at)) setTimer(tx.db, { kind: "condition", id: "", at });
  else clearTimer(tx.db, "condition", "");
  tx.effects.push({ type: "timers_changed" });
}

function assetOfTarget(target: string): string {
  const colon = target.indexOf(":");
  return colon === -1 ? target : target.slice(0, colon);
}
