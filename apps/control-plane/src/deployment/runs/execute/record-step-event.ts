/** Stores one event of a leased step and brings the projections up to date: step, bars, asset and check state, number series. */
import { assertNever } from "@headgate/shared/domain/assert.ts";
import type { StepEvent } from "@headgate/shared/domain/run/event.ts";
import type { StepRow } from "../tables.ts";
import { saveAssetFailure, saveCheckResult, saveMaterialization, saveObservation, savePoint } from "../../assets/asset-store.ts";
import { isObservableIn } from "../../conditions/condition-fact-store.ts";
import { endStepAsset, startStepAsset } from "../step-asset-store.ts";
import type { Turn } from "../../kernel/tx.ts";
import { afterCheck, afterFailure, afterMaterialization, afterObservation } from "../../assets/asset-followers.ts";
import { notePartition } from "../../partitions/record-partition.ts";
import { moveRun, placeOf, record, type RunSession } from "../run-session.ts";
import { numberOf, savePoints } from "../../assets/save-points.ts";
import { moveStep } from "./step-moves.ts";
import { isPartOfRange, partitionsLeft } from "./step-partition.ts";

/** Returns the step as it is afterwards. */
export function recordStepEvent(turn: Turn, session: RunSession, input: { readonly step: StepRow; readonly event: StepEvent }): StepRow {
  const { step, event } = input;
  if (event.type === "step_started" && moveRun(turn, session, "first_step_started"))
    record(turn, session, { event: { type: "run_started" } });
  const gseq = record(turn, session, { event, place: placeOf(step) });
  if (!belongsToStep(step, event)) {
    const message = `'${step.key}' reported on ${"asset" in event ? event.asset : "something"}, which is no part of it; the report changed nothing.`;
    record(turn, session, { event: { type: "engine", level: "warn", message }, place: placeOf(step) });
    return step;
  }
  const at = { step, gseq };
  switch (event.type) {
    case "step_started":
      return startStep(turn, session, at);
    case "log":
      break;
    case "asset_started":
      startStepAsset(turn.db, { runNo: step.runNo, step: step.position, asset: event.asset }, turn.now);
      barChanged(turn, step, event.asset);
      break;
    case "asset_materialized":
      materialized(turn, session, { ...at, event });
      break;
    case "asset_observed":
      observed(turn, session, { ...at, event });
      break;
    case "asset_failed":
      assetFailed(turn, session, { ...at, event });
      break;
    case "asset_skipped":
      endStepAsset(turn.db, {
        runNo: step.runNo,
        step: step.position,
        asset: event.asset,
        status: "skipped",
        now: turn.now,
        durationMs: null,
        rowCount: null,
        message: event.reason,
      });
      barChanged(turn, step, event.asset);
      break;
    case "check_evaluated":
      checkEvaluated(turn, session, { ...at, event });
      break;
    default:
      assertNever(event);
  }
  return step;
}

const contents = new WeakMap<StepRow, ReadonlySet<string>>();

/** Assets and checks of a step. Kept with the row, because a step of thousands of assets reports on each of them. */
function contentOf(step: StepRow): ReadonlySet<string> {
  const known = contents.get(step) ?? new Set([...step.assets, ...step.checks]);
  contents.set(step, known);
  return known;
}

/** Observations may be of anything, e.g. of an upstream source; what a step materializes and checks is in its plan. */
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

function startStep(turn: Turn, session: RunSession, { step, gseq }: { readonly step: StepRow; readonly gseq: number }): StepRow {
  const row = moveStep(turn, session, { step, trigger: "started", set: { startedAt: turn.now, startedSeq: gseq } });
  if (!row) return step;
  // A step of one asset says nothing more about it until it ends; its bar starts here.
  const [asset, second] = row.assets;
  if (asset !== undefined && second === undefined) {
    startStepAsset(turn.db, { runNo: row.runNo, step: row.position, asset }, turn.now);
    barChanged(turn, row, asset);
  }
  return row;
}

interface At<T extends StepEvent["type"]> {
  readonly step: StepRow;
  readonly gseq: number;
  readonly event: Extract<StepEvent, { type: T }>;
}

function materialized(turn: Turn, session: RunSession, { step, gseq, event }: At<"asset_materialized">): void {
  const partition = event.partition ?? step.partition;
  const rowCount = numberOf(event.metadata["row_count"]);
  const durationMs = event.durationMs ?? null;
  if (!isPartOfRange(step, event.partition)) finishBar(turn, session, { step, asset: event.asset, durationMs, rowCount });
  const measured = durationMs ?? (step.assets.length === 1 && step.startedAt !== null ? turn.now - step.startedAt : null);
  saveMaterialization(turn.db, {
    asset: event.asset,
    gseq,
    at: turn.now,
    run: session.row.id,
    step: step.key,
    partition,
    durationMs: measured,
    rowCount,
    version: step.version,
    dataVersion: event.dataVersion ?? null,
    started: step.startedSeq,
  });
  savePoints(turn, { asset: event.asset, gseq, run: session.row.id, partition, metadata: event.metadata });
  if (measured !== null)
    savePoint(turn.db, { asset: event.asset, name: "duration_ms", gseq, at: turn.now, value: measured, run: session.row.id, partition });
  const { metadata, dataVersion = null } = event;
  afterMaterialization(turn, {
    asset: event.asset,
    partition,
    by: { run: session.row.id, chain: session.row.chain },
    gseq,
    metadata,
    dataVersion,
  });
  barChanged(turn, step, event.asset);
}

/** Of an observable asset of the step its work is done with this; of any other it is something the step noticed. */
function observed(turn: Turn, session: RunSession, { step, gseq, event }: At<"asset_observed">): void {
  const partition = event.partition ?? step.partition;
  const changed = saveObservation(turn.db, {
    asset: event.asset,
    gseq,
    at: turn.now,
    partition,
    dataVersion: event.dataVersion ?? null,
    started: step.startedSeq,
  });
  savePoints(turn, { asset: event.asset, gseq, run: session.row.id, partition, metadata: event.metadata });
  if (contentOf(step).has(event.asset) && isObservableIn(turn.db, step.version, event.asset)) {
    const end = { runNo: step.runNo, step: step.position, asset: event.asset, now: turn.now, durationMs: null, rowCount: null };
    endStepAsset(turn.db, { ...end, status: "succeeded", message: null });
  }
  afterObservation(turn, { asset: event.asset, partition, by: { run: session.row.id, chain: session.row.chain }, changed });
  barChanged(turn, step, event.asset);
}

/** The asset is done in this step: its bar ends. */
export function finishBar(
  turn: Turn,
  session: RunSession,
  input: { readonly step: StepRow; readonly asset: string; readonly durationMs: number | null; readonly rowCount: number | null },
): void {
  const { step, ...end } = input;
  const bar = endStepAsset(turn.db, { ...end, runNo: step.runNo, step: step.position, status: "succeeded", now: turn.now, message: null });
  if (bar && bar.before !== "succeeded") {
    session.row.materialized += 1;
    session.changed = true;
  }
  barChanged(turn, step, input.asset);
}

function assetFailed(turn: Turn, session: RunSession, { step, gseq, event }: At<"asset_failed">): void {
  const { message } = event.failure;
  endStepAsset(turn.db, {
    runNo: step.runNo,
    step: step.position,
    asset: event.asset,
    status: "failed",
    now: turn.now,
    durationMs: event.durationMs ?? null,
    rowCount: null,
    message: message.slice(0, 2000),
  });
  saveAssetFailure(turn.db, {
    asset: event.asset,
    gseq,
    at: turn.now,
    run: session.row.id,
    step: step.key,
    partition: step.partition,
    message,
  });
  for (const partition of partitionsLeft(turn, step, event.asset) ?? [])
    notePartition(turn, { asset: event.asset, partition, run: session.row.id, failure: message });
  afterFailure(turn, { asset: event.asset, partition: step.partition, by: { run: session.row.id, chain: session.row.chain } });
  barChanged(turn, step, event.asset);
}

function checkEvaluated(turn: Turn, session: RunSession, { step, gseq, event }: At<"check_evaluated">): void {
  if (!event.passed) {
    session.row[event.severity === "error" ? "checksFailed" : "checksWarned"] += 1;
    session.changed = true;
  }
  saveCheckResult(turn.db, {
    asset: event.asset,
    name: event.check,
    gseq,
    at: turn.now,
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
  savePoints(turn, { asset: event.asset, gseq, run: session.row.id, partition, metadata: event.metadata, prefix: `${event.check}.` });
  afterCheck(turn, { ...event, description: event.description ?? null, partition, by: { run: session.row.id, chain: session.row.chain } });
  turn.effects.push({ type: "asset_changed", asset: event.asset });
}

function barChanged(turn: Turn, step: StepRow, asset: string): void {
  turn.effects.push({ type: "step_asset_changed", run: step.runNo, position: step.position, asset }, { type: "asset_changed", asset });
}
