/** Applies the result of a tick that an agent evaluated, or one of its checkpoints: runs, cursor and tick are stored together or not at all. */
import type { UpItem } from "@headgate/shared/protocol/up.ts";
import { readAutomation, saveAutomation } from "../ticks/automation-store.ts";
import { readTick, type TickRow } from "../ticks/tick-store.ts";
import type { Tx } from "../kernel/tx.ts";
import { endEvaluation } from "./end-evaluation.ts";
import { parseFrameId } from "../ticks/evaluate-tick.ts";
import { type Applied, applyRequests, type Effects } from "../ticks/request-runs.ts";
import { MAX_LISTED_RUNS, storeTick } from "../ticks/tick-rows.ts";
import { reportLines, runlessText } from "../ticks/format-tick.ts";
import { automationId } from "@headgate/shared/domain/automation-id.ts";

export type TickItem = Extract<UpItem, { k: "tick" | "tick_part" }>;

/** The prefix of the id of a dry run, whose result is not stored. */
export const DRY_RUN_PREFIX = "trial_";

interface FromAgent<T extends TickItem> {
  readonly instance: string;
  readonly item: T;
}

/** The open tick that this agent evaluates; null for a late result and for one of an earlier attempt or another agent. */
function evaluatedTick(tx: Tx, from: FromAgent<TickItem>): TickRow | null {
  const { tick: id, attempt } = parseFrameId(from.item.tick);
  const tick = readTick(tx.db, id);
  return tick?.state === "open" && tick.startedAt !== null && tick.agent === from.instance && tick.attempt === attempt ? tick : null;
}

export function applyTickResult(tx: Tx, from: FromAgent<Extract<TickItem, { k: "tick" }>>): void {
  const { instance, item } = from;
  if (item.tick.startsWith(DRY_RUN_PREFIX)) {
    tx.fact({ type: "dry_run_answered", dryRun: item.tick, instance, result: item.result });
    return;
  }
  const tick = evaluatedTick(tx, from);
  if (!tick) return;
  const { result } = item;
  const logs = [...tick.logs, ...(result.logs ?? [])];
  if (result.outcome === "failed") {
    endEvaluation(tx, tick, { state: "failed", message: result.message, stack: result.stack ?? null, logs });
    return;
  }
  const applied = applyRequests(tx, { tick, effects: result });
  // Nothing is applied and the cursor stays, so that the next tick requests the same runs again.
  if (!applied.ok) {
    endEvaluation(tx, tick, { state: "failed", message: applied.error.message, logs });
    return;
  }
  const row = addTo(tick, applied.value);
  const cursor = moveCursor(tx, tick, result);
  endEvaluation(tx, row, {
    state: row.runCount > 0 ? "requested" : "skipped",
    cursorAfter: cursor.after,
    logs: [...logs, ...reportLines(tx, result.assetEvents), ...cursor.notes],
    message: row.runCount > 0 ? null : runlessText(row, result),
  });
}

/** Stores a checkpoint at once. Checkpoints are numbered, so none is applied twice. */
export function applyTickPart(tx: Tx, from: FromAgent<Extract<TickItem, { k: "tick_part" }>>): void {
  const tick = evaluatedTick(tx, from);
  const { part } = from.item;
  if (!tick || part.part <= tick.parts) return;
  if (part.part > tick.parts + 1) {
    endEvaluation(tx, tick, { state: "failed", message: `Checkpoint ${part.part} came without checkpoint ${tick.parts + 1} before it.` });
    return;
  }
  const applied = applyRequests(tx, { tick, effects: part });
  if (!applied.ok) {
    endEvaluation(tx, tick, { state: "failed", message: `Checkpoint ${part.part} was refused: ${applied.error.message}` });
    return;
  }
  const cursor = moveCursor(tx, tick, part);
  const logs = [...tick.logs, ...reportLines(tx, part.assetEvents), ...cursor.notes];
  storeTick(tx, { ...addTo(tick, applied.value), parts: part.part, cursorAfter: cursor.after, logs });
}

/** Ends a tick whose result or checkpoint cannot be stored. */
export function failTick(tx: Tx, from: FromAgent<TickItem>): void {
  const tick = evaluatedTick(tx, from);
  if (!tick) return;
  const what = from.item.k === "tick" ? "The result" : `Checkpoint ${from.item.part.part}`;
  endEvaluation(tx, tick, { state: "failed", message: `${what} could not be stored; the control plane's log has the details.` });
}

function addTo(tick: TickRow, applied: Applied): TickRow {
  return {
    ...tick,
    runs: [...tick.runs, ...applied.runs].slice(0, MAX_LISTED_RUNS),
    runCount: tick.runCount + applied.runs.length,
    deduplicated: [...tick.deduplicated, ...applied.deduplicated],
    dynamicPartitions: [...tick.dynamicPartitions, ...applied.dynamicPartitions],
  };
}

/** A cursor that a person set during the tick is not overwritten by the tick. */
function moveCursor(tx: Tx, tick: TickRow, effects: Effects): { readonly after: string | null; readonly notes: TickRow["logs"] } {
  const row = readAutomation(tx.db, tick);
  if (!row || tick.kind === "schedule") return { after: null, notes: [] };
  if (row.cursor !== (tick.cursorAfter ?? tick.cursorBefore)) {
    const message = "The cursor was set by hand while this tick was evaluated; it stays as it was set.";
    return { after: tick.cursorAfter, notes: [{ level: "warn", message, at: tx.now }] };
  }
  if (row.cursor !== effects.cursor) {
    saveAutomation(tx.db, { ...row, cursor: effects.cursor });
    tx.fact({ type: "automation_changed", automation: automationId(tick) });
  }
  return { after: effects.cursor, notes: [] };
}
