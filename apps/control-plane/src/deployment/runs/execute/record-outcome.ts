/** Ends a step attempt: the agent's result decides the step's next status, and every asset of the step gets a final status. */
import { assertNever } from "@headgate/shared/domain/assert.ts";
import type { StepOutcome } from "@headgate/shared/domain/run/event.ts";
import type { Failure } from "@headgate/shared/domain/run/failure.ts";
import type { StepRow } from "../tables.ts";
import { blockingChecks, checkOutcomes, saveAssetFailure } from "../../assets/asset-store.ts";
import { assetsOfStep, endStepAsset } from "../step-asset-store.ts";
import type { Tx } from "../../kernel/tx.ts";
import { finishBar, recordStepEvents } from "./record-step-event.ts";
import { finishRunIfDone, cancelStep, failStep, releaseStep, succeedStep } from "./step-moves.ts";
import { placeOf, record, type RunSession, reporterOf } from "../run-session.ts";
import { partitionsLeft } from "./step-partition.ts";
import { isObservableIn } from "../../catalog/definition-store.ts";

export function recordOutcome(tx: Tx, session: RunSession, input: { readonly step: StepRow; readonly outcome: StepOutcome }): void {
  const { step, outcome } = input;
  switch (outcome.outcome) {
    case "succeeded": {
      const blocked = step.kind === "check" ? failedBlockingCheck(tx, step) : null;
      if (blocked) {
        failStep(tx, session, { step, failure: blocked, retryable: false, lost: false });
        return;
      }
      materializeTheRest(tx, session, step);
      succeedStep(tx, session, step);
      return;
    }
    case "failed":
      closeAssets(tx, session, { step, failure: outcome.failure });
      failStep(tx, session, {
        step,
        failure: outcome.failure,
        retryable: outcome.retryable,
        // The agent stopped the step to shut down, so the attempt counts as lost and not against the retry policy.
        lost: outcome.failure.kind === "agent_lost" && outcome.retryable,
      });
      return;
    case "canceled":
      endCanceled(tx, session, step);
      return;
    default:
      assertNever(outcome);
  }
}

/** Assets that a successful step did not report count as materialized. */
function materializeTheRest(tx: Tx, session: RunSession, step: StepRow): void {
  for (const row of assetsOfStep(tx.db, step.runNo, step.position)) {
    if (row.open === 0) continue;
    if (isObservableIn(tx.db, step.version, row.asset)) {
      skipUnobserved(tx, step, row.asset);
      continue;
    }
    const event = { type: "asset_materialized", asset: row.asset, metadata: {} } as const;
    const left = partitionsLeft(tx, step, row.asset) ?? [step.partition];
    const events = left.map((partition) => (partition === step.partition ? event : { ...event, partition: partition ?? "" }));
    recordStepEvents(tx, session, { step, events });
    // If a range was reported in parts, no report has finished the asset.
    if (left[0] !== step.partition) finishBar(tx, session, { step, asset: row.asset, durationMs: null, rowCount: null });
  }
}

/** An observable asset without a report is skipped, because nothing was observed. */
function skipUnobserved(tx: Tx, step: StepRow, asset: string): void {
  const end = { runNo: step.runNo, step: step.position, asset, now: tx.now, durationMs: null, rowCount: null };
  endStepAsset(tx.db, { ...end, status: "skipped", message: "The step reported no observation." });
  tx.fact({ type: "asset_changed", asset });
  tx.fact({ type: "step_asset_changed", run: step.runNo, position: step.position, asset });
}

/** A check with its own step blocks the steps downstream of its asset by failing its step. */
function failedBlockingCheck(tx: Tx, step: StepRow): Failure | null {
  const failed = checkOutcomes(tx.db, step.runNo, step.key).filter((row) => !row.passed && row.severity === "error");
  if (failed.length === 0) return null;
  const blocking = blockingChecks(
    tx.db,
    step.version,
    failed.map((row) => `${row.asset}:${row.name}`),
  );
  const [first] = failed.filter((row) => blocking.has(`${row.asset}:${row.name}`));
  return first ? { kind: "check_failed", message: `Blocking check '${first.name}' of ${first.asset} failed` } : null;
}

/** After a failed attempt: a single asset or one that was running failed, and every other unreported asset is skipped. */
export function closeAssets(tx: Tx, session: RunSession, input: { readonly step: StepRow; readonly failure: Failure }): void {
  const { step, failure } = input;
  const single = step.assets.length === 1;
  for (const row of assetsOfStep(tx.db, step.runNo, step.position)) {
    if (row.open === 0) continue;
    const failed = single || row.status === "running";
    const end = {
      runNo: step.runNo,
      step: step.position,
      asset: row.asset,
      now: tx.now,
      durationMs: null,
      rowCount: null,
      message: failure.message.slice(0, 2000),
    };
    endStepAsset(tx.db, { ...end, status: failed ? "failed" : "skipped" });
    if (failed) {
      const gseq = record(tx, session, { event: { type: "asset_failed", asset: row.asset, failure }, place: placeOf(step) });
      saveAssetFailure(tx.db, {
        asset: row.asset,
        gseq,
        at: tx.now,
        run: session.row.id,
        step: step.key,
        partition: step.partition,
        message: failure.message,
      });
      tx.fact({
        type: "asset_failed",
        asset: row.asset,
        partition: step.partition,
        by: reporterOf(session),
        failedPartitions: partitionsLeft(tx, step, row.asset) ?? [],
        message: failure.message,
      });
    }
    tx.fact({ type: "asset_changed", asset: row.asset });
    tx.fact({ type: "step_asset_changed", run: step.runNo, position: step.position, asset: row.asset });
  }
}

/** An agent that shuts down also ends steps of runs that are not being canceled. Those steps run again on another agent. */
export function endCanceled(tx: Tx, session: RunSession, step: StepRow): void {
  if (session.row.status === "canceling") {
    cancelStep(tx, session, step);
    finishRunIfDone(tx, session);
    return;
  }
  if (step.status === "assigned") {
    releaseStep(tx, session, step);
    return;
  }
  const failure = { kind: "agent_lost", message: "The agent stopped the step because it was shutting down." } as const;
  closeAssets(tx, session, { step, failure });
  failStep(tx, session, { step, failure, retryable: true, lost: true });
}
