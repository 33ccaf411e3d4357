/** Applies the requests of a tick (partition keys, asset reports and runs) as a whole or not at all. */
import { ok, refuse, type Result } from "@headgate/shared/domain/errors.ts";
import { shortened } from "@headgate/shared/domain/shortened.ts";
import { fitsCursor, MAX_CURSOR_BYTES } from "@headgate/shared/protocol/cursor.ts";
import { MAX_TICK_REQUESTS } from "@headgate/shared/protocol/tick-limits.ts";
import type { TickPart } from "@headgate/shared/protocol/tick-result.ts";
import type { ManifestSchedule } from "@headgate/shared/manifest/schema.ts";
import { type Located, catalogOf } from "../catalog/catalog.ts";
import { insertRunKey, runOfKey } from "./automation-store.ts";
import type { TickRow } from "./tick-store.ts";
import type { Tx } from "../kernel/tx.ts";
import { scheduleOf } from "./automation-source.ts";
import { chainAfter, countStart } from "./cause-chain.ts";
import { changeDynamicKeys } from "../assets/dynamic-keys.ts";
import { createRun } from "../runs/launch/create-run.ts";
import { makeWay } from "./overlap.ts";
import { reportAsset } from "../assets/report-asset.ts";
import { keyOf, resolveRequest, runIdOf, type RunRequest } from "./run-request.ts";
import { automationId } from "@headgate/shared/domain/automation-id.ts";
import { sensorEventsSentence } from "@headgate/shared/sensor/sensor-event.ts";

export type Effects = Omit<TickPart, "part">;
export type Applied = Pick<TickRow, "runs" | "deduplicated" | "dynamicPartitions">;

const MAX_KEYS = 10_000;
const MAX_ASSET_EVENTS = 1_000;

export function applyRequests(tx: Tx, input: { readonly tick: TickRow; readonly effects: Effects }): Result<Applied> {
  const { tick, effects } = input;
  const flood = floodOf(effects);
  if (flood !== null) return refuse("too_large", flood);
  return tx.savepoint(() => {
    const chain = chainAfter(tick);
    const start = startOnce(tx, tick);
    const dynamicPartitions = changeKeys(tx, tick, effects);
    if (!dynamicPartitions.ok) return dynamicPartitions;
    if (dynamicPartitions.value.some(({ added, removed }) => added.length + removed.length > 0)) {
      const started = start();
      if (!started.ok) return started;
    }
    for (const event of effects.assetEvents ?? []) {
      const started = start();
      if (!started.ok) return started;
      const reported = reportAsset(tx, event, { by: `${tick.kind} ${tick.name}`, chain });
      if (!reported.ok) return refuse(reported.error.code, `An event of ${shortened(event.asset)} was refused: ${reported.error.message}`);
    }
    const schedule = scheduleIfAny(tx, tick);
    if (schedule && effects.runs.length > 0) makeWay(tx, schedule);
    const runs: string[] = [];
    const deduplicated: Applied["deduplicated"][number][] = [];
    for (const request of effects.runs) {
      const key = keyOf(tick, request);
      const older = key && runOfKey(tx.db, key);
      if (key && older !== null) {
        deduplicated.push({ key: key.key, run: runIdOf(tx, older) });
        continue;
      }
      const started = start();
      if (!started.ok) return started;
      const run = makeRequested(tx, tick, request);
      if (!run.ok) return refuse(run.error.code, `A requested run cannot be made: ${run.error.message}`, run.error.details);
      if (key) insertRunKey(tx.db, { ...key, runNo: run.value });
      runs.push(runIdOf(tx, run.value) ?? "");
    }
    if (runs.length > 0) tx.fact({ type: "work_available" });
    return ok({ runs, deduplicated, dynamicPartitions: dynamicPartitions.value });
  });
}

/** Returns a function that counts the tick for the loop breaker, once. */
function startOnce(tx: Tx, tick: TickRow): () => Result<null> {
  let counted = false;
  return () => {
    if (counted) return ok(null);
    counted = true;
    return countStart(tx, tick);
  };
}

function floodOf(effects: Effects): string | null {
  if (effects.cursor !== null && !fitsCursor(effects.cursor))
    return `Its cursor has more than ${MAX_CURSOR_BYTES} bytes in UTF-8, so nothing of it was stored. Keep only what the next evaluation has to know.`;
  if (effects.runs.length > MAX_TICK_REQUESTS)
    return `It requested ${effects.runs.length} runs at once; at most ${MAX_TICK_REQUESTS} are possible, so none was made. Request them in several ticks or with checkpoints, or start a backfill.`;
  const keys = (effects.dynamicPartitions ?? []).reduce((sum, { add, remove }) => sum + add.length + remove.length, 0);
  if (keys > MAX_KEYS) return `It changed ${keys} partition keys at once; at most ${MAX_KEYS} are possible, so none was changed.`;
  const events = effects.assetEvents?.length ?? 0;
  return events > MAX_ASSET_EVENTS
    ? `It reported ${events} events of assets at once; at most ${MAX_ASSET_EVENTS} are possible, so none was stored.`
    : null;
}

function changeKeys(tx: Tx, tick: TickRow, effects: Effects): Result<Applied["dynamicPartitions"]> {
  const changes: Applied["dynamicPartitions"][number][] = [];
  for (const { name, add, remove } of effects.dynamicPartitions ?? []) {
    const changed = changeDynamicKeys(tx, { name, add, remove, by: `${tick.kind} ${tick.name}`, chain: chainAfter(tick) });
    if (!changed.ok) return changed;
    changes.push({ name, added: changed.value.added, removed: changed.value.removed });
  }
  return ok(changes);
}

function scheduleIfAny(tx: Tx, tick: TickRow): Located<ManifestSchedule> | null {
  return tick.kind === "schedule" ? scheduleOf(catalogOf(tx), tick) : null;
}

/** Makes one run that a tick asks for; its cause names the events of the tick. */
export function makeRequested(tx: Tx, tick: TickRow, request: RunRequest): Result<number> {
  const resolved = resolveRequest(tx, tick, request);
  if (!resolved.ok) return resolved;
  const event = sensorEventsSentence(tick.events);
  const by = { name: tick.name, location: tick.location, tick: tick.id };
  return createRun(tx, {
    resolved: resolved.value,
    trigger: tick.kind === "schedule" ? { type: "schedule", ...by } : { type: "sensor", ...by, ...(event !== undefined && { event }) },
    given: { tags: request.tags, config: request.config, priority: request.priority },
    parent: null,
    source: automationId(tick),
    chain: chainAfter(tick),
  });
}
