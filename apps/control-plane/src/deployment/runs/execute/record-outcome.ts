/** The end of a step attempt: what the agent saw becomes the step's next state, and nothing it was to do stays unanswered. */
import { assertNever } from "@headgate/shared/domain/assert.ts";
import type { StepOutcome } from "@headgate/shared/domain/run/event.ts";
import type { Failure } from "@headgate/shared/domain/run/failure.ts";
import type { StepRow } from "../tables.ts";
import { blockingChecks, checkOutcomes, saveAssetFailure } from "../../assets/asset-store.ts";
import { isObservableIn } from "../../conditions/condition-fact-store.ts";
import { assetsOfStep, endStepAsset } from "../step-asset-store.ts";
import type { Turn } from "../../kernel/tx.ts";
import { afterFailure } from "../../assets/asset-followers.ts";
import { notePartition } from "../../partitions/record-partition.ts";
import { finishBar, recordStepEvent } from "./record-step-event.ts";
import { finishRunIfDone, cancelStep, failStep, releaseStep, succeedStep } from "./step-moves.ts";
import { placeOf, record, type RunSession } from "../run-session.ts";
import { partitionsLeft } from "./step-partition.ts";

export function recordOutcome(turn: Turn, session: RunSession, input: { readonly step: StepRow; readonly outcome: StepOutcome }): void {
  const { step, outcome } = input;
  switch (outcome.outcome) {
    case "succeeded": {
      const blocked = step.kind === "check" ? failedBlockingCheck(turn, step) : null;
      if (blocked) {
        failStep(turn, session, { step, failure: blocked, retryable: false, lost: false });
        return;
      }
      materializeTheRest(turn, session, step);
      succeedStep(turn, session, step);
      return;
    }
    case "failed":
      closeAssets(turn, session, { step, failure: outcome.failure });
      failStep(turn, session, {
        step,
        failure: outcome.failure,
        retryable: outcome.retryable,
        // The agent stopped it to shut down: no fault of the step's, whatever its retry policy says.
        lost: outcome.failure.kind === "agent_lost" && outcome.retryable,
      });
      return;
    case "canceled":
      endCanceled(turn, session, step);
      return;
    default:
      assertNever(outcome);
  }
}

/** Assets of a step that succeeded without reporting them have been materialized all the same. */
function materializeTheRest(turn: Turn, session: RunSession, step: StepRow): void {
  for (const row of assetsOfStep(turn.db, step.runNo, step.position)) {
    if (row.open === 0) continue;
    if (isObservableIn(turn.db, step.version, row.asset)) {
      skipUnobserved(turn, step, row.asset);
      continue;
    }
    const event = { type: "asset_materialized", asset: row.asset, metadata: {} } as const;
    const left = partitionsLeft(turn, step, row.asset) ?? [step.partition];
    for (const partition of left)
      recordStepEvent(turn, session, { step, event: partition === step.partition ? event : { ...event, partition: partition ?? "" } });
    // Of a range that was reported piece by piece nothing else ends the bar.
    if (left[0] !== step.partition) finishBar(turn, session, { step, asset: row.asset, durationMs: null, rowCount: null });
  }
}

/** Its step only looks at it: without a report nothing is known, and nothing was made. */
function skipUnobserved(turn: Turn, step: StepRow, asset: string): void {
  const end = { runNo: step.runNo, step: step.position, asset, now: turn.now, durationMs: null, rowCount: null };
  endStepAsset(turn.db, { ...end, status: "skipped", message: "The step reported no observation." });
  turn.effects.push({ type: "asset_changed", asset }, { type: "step_asset_changed", run: step.runNo, position: step.position, asset });
}

/** A check of its own step has only one way to hold its asset's downstream steps back: its step fails. */
function failedBlockingCheck(turn: Turn, step: StepRow): Failure | null {
  const failed = checkOutcomes(turn.db, step.runNo, step.key).filter((row) => !row.passed && row.severity === "error");
  if (failed.length === 0) return null;
  const blocking = blockingChecks(
    turn.db,
    step.version,
    failed.map((row) => `${row.asset}:${row.name}`),
  );
  const [first] = failed.filter((row) => blocking.has(`${row.asset}:${row.name}`));
  return first ? { kind: "check_failed", message: `Blocking check '${first.name}' of ${first.asset} failed` } : null;
}

/** Of a failed attempt: the only asset of a step failed with it; of several, those that said nothing were not reached. */
export function closeAssets(turn: Turn, session: RunSession, input: { readonly step: StepRow; readonly failure: Failure }): void {
  const { step, failure } = input;
  const single = step.assets.length === 1;
  for (const row of assetsOfStep(turn.db, step.runNo, step.position)) {
    if (row.open === 0) continue;
    const failed = single || row.status === "running";
    const end = {
      runNo: step.runNo,
      step: step.position,
      asset: row.asset,
      now: turn.now,
      durationMs: null,
      rowCount: null,
      message: failure.message.slice(0, 2000),
    };
    endStepAsset(turn.db, { ...end, status: failed ? "failed" : "skipped" });
    if (failed) {
      const gseq = record(turn, session, { event: { type: "asset_failed", asset: row.asset, failure }, place: placeOf(step) });
      saveAssetFailure(turn.db, {
        asset: row.asset,
        gseq,
        at: turn.now,
        run: session.row.id,
        step: step.key,
        partition: step.partition,
        message: failure.message,
      });
      for (const partition of partitionsLeft(turn, step, row.asset) ?? [])
        notePartition(turn, { asset: row.asset, partition, run: session.row.id, failure: failure.message });
      afterFailure(turn, { asset: row.asset, partition: step.partition, by: { run: session.row.id, chain: session.row.chain } });
    }
    turn.effects.push(
      { type: "asset_changed", asset: row.asset },
      { type: "step_asset_changed", run: step.runNo, position: step.position, asset: row.asset },
    );
  }
}

/** An agent that shuts down cancels steps nobody asked it to cancel: those are tried again elsewhere. */
export function endCanceled(turn: Turn, session: RunSession, step: StepRow): void {
  if (session.row.status === "canceling") {
    cancelStep(turn, session, step);
    finishRunIfDone(turn, session);
    return;
  }
  if (step.status === "assigned") {
    releaseStep(turn, session, step);
    return;
  }
  const failure = { kind: "agent_lost", message: "The agent stopped the step because it was shutting down." } as const;
  closeAssets(turn, session, { step, failure });
  failStep(turn, session, { step, failure, retryable: true, lost: true });
}
