/**
 * Stores the events of a leased step and updates the step, its assets, the state of assets and checks, and number series. All events are
 * numbered first; then each is applied.
 */
import { assertNever } from "@headgate/shared/domain/assert.ts";
import type { StepEvent } from "@headgate/shared/domain/run/event.ts";
import type { StepRow } from "../tables.ts";
import { numberOf, saveAssetFailure, saveCheckResult, saveMaterialization, saveObservation, savePoints } from "../../assets/asset-store.ts";
import { endStepAsset, startStepAsset } from "../step-asset-store.ts";
import type { Tx } from "../../kernel/tx.ts";
import { moveRun, placeOf, record, recordAll, type RunSession, reporterOf } from "../run-session.ts";
import { moveStep } from "./step-moves.ts";
import { isPartOfRange, partitionsLeft } from "./step-partition.ts";
import { formatFailedCheck } from "@headgate/shared/format/check.ts";
import { isObservableIn } from "../../catalog/definition-store.ts";

const MAX_SENTENCE = 2000;

/** Returns the updated step. */
export function recordStepEvents(
  tx: Tx,
  session: RunSession,
  input: { readonly step: StepRow; readonly events: readonly StepEvent[] },
): StepRow {
  const { events } = input;
  if (events.some(({ type }) => type === "step_started") && moveRun(tx, session, "first_step_started"))
    record(tx, session, { event: { type: "run_started" } });
  const numbers = recordAll(tx, session, { events, place: placeOf(input.step) });
  let { step } = input;
  for (const [index, event] of events.entries()) {
    const gseq = numbers[index];
    if (gseq !== undefined) step = apply(tx, session, { step, event, gseq });
  }
  return step;
}

function apply(
  tx: Tx,
  session: RunSession,
  { step, event, gseq }: { readonly step: StepRow; readonly event: StepEvent; readonly gseq: number },
): StepRow {
  if (!belongsToStep(step, event)) {
    const message = `'${step.key}' reported on ${"asset" in event ? event.asset : "something"}, which is not part of the step; the report was ignored.`;
    record(tx, session, { event: { type: "engine", level: "warn", message }, place: placeOf(step) });
    return step;
  }
  const at = { step, gseq };
  switch (event.type) {
    case "step_started":
      return startStep(tx, session, at);
    case "log":
      break;
    case "asset_started":
      startStepAsset(tx.db, { runNo: step.runNo, step: step.position, asset: event.asset }, tx.now);
      barChanged(tx, step, event.asset);
      break;
    case "asset_materialized":
      materialized(tx, session, { ...at, event });
      break;
    case "asset_observed":
      observed(tx, session, { ...at, event });
      break;
    case "asset_failed":
      assetFailed(tx, session, { ...at, event });
      break;
    case "asset_skipped":
      endStepAsset(tx.db, {
        runNo: step.runNo,
        step: step.position,
        asset: event.asset,
        status: "skipped",
        now: tx.now,
        durationMs: null,
        rowCount: null,
        message: event.reason,
      });
      barChanged(tx, step, event.asset);
      break;
    case "check_evaluated":
      checkEvaluated(tx, session, { ...at, event });
      break;
    default:
      assertNever(event);
  }
  return step;
}

const contents = new WeakMap<StepRow, ReadonlySet<string>>();

/** The assets and checks of a step, cached by row, because a step with thousands of assets reports on each of them. */
function contentOf(step: StepRow): ReadonlySet<string> {
  const known = contents.get(step) ?? new Set([...step.assets, ...step.checks]);
  contents.set(step, known);
  return known;
}

/** A step may observe any asset, e.g. an upstream source, but may materialize and check only what is in its plan. */
function belongsToStep(step: StepRow, event: StepEvent): boolean {
  switch (event.type) {
    case "step_started":
    case "log":
    case "asset_observed":
      return true;
    case "asset_started":
    case "asset_materialized":
    case "asset_failed":
    case "asset_skipped":
      return contentOf(step).has(event.asset);
    case "check_evaluated":
      return contentOf(step).has(`${event.asset}:${event.check}`) || contentOf(step).has(event.asset);
    default:
      return assertNever(event);
  }
}

function startStep(tx: Tx, session: RunSession, { step, gseq }: { readonly step: StepRow; readonly gseq: number }): StepRow {
  const row = moveStep(tx, session, { step, trigger: "started", set: { startedAt: tx.now, startedSeq: gseq } });
  if (!row) return step;
  // A step with one asset does not report the start of the asset, so the asset starts here.
  const [asset, second] = row.assets;
  if (asset !== undefined && second === undefined) {
    startStepAsset(tx.db, { runNo: row.runNo, step: row.position, asset }, tx.now);
    barChanged(tx, row, asset);
  }
  return row;
}

interface At<T extends StepEvent["type"]> {
  readonly step: StepRow;
  readonly gseq: number;
  readonly event: Extract<StepEvent, { type: T }>;
}

function materialized(tx: Tx, session: RunSession, { step, gseq, event }: At<"asset_materialized">): void {
  const partition = event.partition ?? step.partition;
  const rowCount = numberOf(event.metadata["row_count"]);
  const durationMs = event.durationMs ?? null;
  const isPart = event.partition !== undefined && isPartOfRange(step, event.partition);
  if (!isPart) finishBar(tx, session, { step, asset: event.asset, durationMs, rowCount });
  const measured = durationMs ?? (step.assets.length === 1 && step.startedAt !== null ? tx.now - step.startedAt : null);
  const changed = saveMaterialization(tx.db, {
    asset: event.asset,
    gseq,
    at: tx.now,
    run: session.row.id,
    step: step.key,
    partition,
    durationMs: measured,
    rowCount,
    version: step.version,
    dataVersion: event.dataVersion ?? null,
    started: step.startedSeq,
  });
  const { metadata, dataVersion = null } = event;
  const series = { asset: event.asset, gseq, at: tx.now, run: session.row.id, partition };
  savePoints(tx.db, series, { metadata, ...(measured !== null && { also: { duration_ms: measured } }) });
  const { startedSeq } = step;
  tx.fact({
    type: "asset_materialized",
    asset: event.asset,
    partition,
    by: reporterOf(session),
    gseq,
    startedSeq,
    metadata,
    dataVersion,
    changed,
  });
  barChanged(tx, step, event.asset);
}

/** An observation completes an observable asset of the step. For any other asset it is only recorded. */
function observed(tx: Tx, session: RunSession, { step, gseq, event }: At<"asset_observed">): void {
  const partition = event.partition ?? step.partition;
  const changed = saveObservation(tx.db, {
    asset: event.asset,
    gseq,
    at: tx.now,
    partition,
    dataVersion: event.dataVersion ?? null,
    started: step.startedSeq,
  });
  savePoints(tx.db, { asset: event.asset, gseq, at: tx.now, run: session.row.id, partition }, { metadata: event.metadata });
  if (contentOf(step).has(event.asset) && isObservableIn(tx.db, step.version, event.asset)) {
    const end = { runNo: step.runNo, step: step.position, asset: event.asset, now: tx.now, durationMs: null, rowCount: null };
    endStepAsset(tx.db, { ...end, status: "succeeded", message: null });
  }
  tx.fact({ type: "asset_observed", asset: event.asset, partition, by: reporterOf(session), changed });
  barChanged(tx, step, event.asset);
}

/** Marks the asset as finished in this step. */
export function finishBar(
  tx: Tx,
  session: RunSession,
  input: { readonly step: StepRow; readonly asset: string; readonly durationMs: number | null; readonly rowCount: number | null },
): void {
  const { step, ...end } = input;
  const bar = endStepAsset(tx.db, { ...end, runNo: step.runNo, step: step.position, status: "succeeded", now: tx.now, message: null });
  if (bar && bar.before !== "succeeded") {
    session.row.materialized += 1;
    session.changed = true;
  }
  barChanged(tx, step, input.asset);
}

function assetFailed(tx: Tx, session: RunSession, { step, gseq, event }: At<"asset_failed">): void {
  const { message } = event.failure;
  endStepAsset(tx.db, {
    runNo: step.runNo,
    step: step.position,
    asset: event.asset,
    status: "failed",
    now: tx.now,
    durationMs: event.durationMs ?? null,
    rowCount: null,
    message: message.slice(0, 2000),
  });
  saveAssetFailure(tx.db, {
    asset: event.asset,
    gseq,
    at: tx.now,
    run: session.row.id,
    step: step.key,
    partition: step.partition,
    message,
  });
  tx.fact({
    type: "asset_failed",
    asset: event.asset,
    partition: step.partition,
    by: reporterOf(session),
    failedPartitions: partitionsLeft(tx, step, event.asset) ?? [],
    message,
  });
  barChanged(tx, step, event.asset);
}

function checkEvaluated(tx: Tx, session: RunSession, { step, gseq, event }: At<"check_evaluated">): void {
  if (!event.passed) countCheck(session, event);
  saveCheckResult(tx.db, {
    asset: event.asset,
    name: event.check,
    gseq,
    at: tx.now,
    run: session.row.id,
    runNo: step.runNo,
    step: step.key,
    passed: event.passed,
    severity: event.severity,
    description: event.description ?? null,
    partition: event.partition ?? step.partition,
    started: step.startedSeq,
  });
  const partition = event.partition ?? step.partition;
  const { asset, check, passed, severity, metadata, description = null } = event;
  savePoints(tx.db, { asset, gseq, at: tx.now, run: session.row.id, partition }, { metadata, prefix: `${check}.` });
  tx.fact({ type: "check_evaluated", asset, partition, by: reporterOf(session), check, passed, severity, description, metadata });
  tx.fact({ type: "asset_changed", asset: event.asset });
}

/** A failure takes the place of a warning; otherwise the first sentence stays. */
function countCheck(session: RunSession, event: Extract<StepEvent, { type: "check_evaluated" }>): void {
  const { row } = session;
  const isError = event.severity === "error";
  if (row.failedCheck === null || (isError && row.checksFailed === 0))
    row.failedCheck = formatFailedCheck({ ...event, name: event.check }).slice(0, MAX_SENTENCE);
  row[isError ? "checksFailed" : "checksWarned"] += 1;
  session.changed = true;
}

function barChanged(tx: Tx, step: StepRow, asset: string): void {
  tx.fact({ type: "step_asset_changed", run: step.runNo, position: step.position, asset });
  tx.fact({ type: "asset_changed", asset });
}
