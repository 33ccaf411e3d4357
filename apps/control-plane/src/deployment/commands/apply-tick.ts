/** The result of an evaluation on an agent: its runs, its cursor and its tick are stored together or not at all. */
import type { UpItem } from "@headgate/shared/protocol/up.ts";
import type { Result } from "@headgate/shared/domain/errors.ts";
import { ok } from "@headgate/shared/domain/errors.ts";
import { finishTick, insertRunKey, readAutomation, readTick, runOfKey, saveAutomation, type TickRow } from "../store/automation-store.ts";
import { clearTimer } from "../store/timer-store.ts";
import { readRunByNo } from "../store/run-store.ts";
import type { Turn } from "../turn.ts";
import { createRun } from "./launch-run.ts";
import { type ResolvedLaunch, resolveLaunch } from "./launch-target.ts";
import { planNext } from "./run-automation.ts";

type TickItem = Extract<UpItem, { k: "tick" }>;
type Evaluated = Extract<TickItem["result"], { outcome: "evaluated" }>;

const MAX_LOGS = 200;

/** Says whether runs were made. Late results and those of another agent are ignored. */
export function applyTickResult(turn: Turn, input: { readonly instance: string; readonly item: TickItem }): boolean {
  const tick = readTick(turn.db, input.item.tick);
  if (tick?.state !== "open" || tick.agent !== input.instance) return false;
  clearTimer(turn.db, "tick_timeout", tick.id);
  const finished = finish(turn, tick, input.item.result);
  finishTick(turn.db, finished);
  planNext(turn, tick);
  return finished.runs.length > 0;
}

function finish(turn: Turn, tick: TickRow, result: TickItem["result"]): TickRow {
  const ended = { ...tick, finishedAt: turn.now };
  if (result.outcome === "failed")
    return { ...ended, state: "failed", message: result.message.slice(0, 20_000), stack: result.stack?.slice(0, 50_000) ?? null };
  const logs = result.logs.slice(-MAX_LOGS);
  const requests = resolveAll(turn, tick, result);
  // Nothing of it is applied, and the cursor stays, so that the next evaluation asks again.
  if (!requests.ok) return { ...ended, state: "failed", message: requests.error.message, logs };
  const created = requests.value.map((request) => createOnce(turn, tick, request));
  const runs = created.flatMap((run) => (run.ok && run.value !== null ? [run.value] : []));
  const row = readAutomation(turn.db, tick);
  if (row) saveAutomation(turn.db, { ...row, cursor: result.cursor });
  const refused = created.find((run) => !run.ok);
  // The cursor goes on all the same: asking again would be refused again, and make the other runs twice.
  if (refused?.ok === false)
    return {
      ...ended,
      state: "failed",
      runs,
      cursorAfter: result.cursor,
      message: `A requested run was not made: ${refused.error.message}`,
      logs,
    };
  const skipped = requests.value.length > 0 ? "every requested run had been made before" : (result.skipReason ?? null);
  return {
    ...ended,
    state: runs.length > 0 ? "requested" : "skipped",
    runs,
    cursorAfter: result.cursor,
    message: runs.length > 0 ? null : skipped,
    logs,
  };
}

interface Request {
  readonly request: Evaluated["runs"][number];
  readonly resolved: ResolvedLaunch;
}

function resolveAll(turn: Turn, tick: TickRow, result: Evaluated): Result<Request[]> {
  const job = jobOf(turn, tick);
  const resolved: Request[] = [];
  for (const request of result.runs) {
    const named = request.job ?? (request.selection === undefined ? job : undefined);
    const target = named === undefined ? { selection: request.selection ?? "" } : { job: named, location: tick.location };
    const launch = resolveLaunch(
      turn.catalog(),
      { ...target, ...(request.partition !== undefined && { partition: request.partition }) },
      turn.now,
    );
    if (!launch.ok) return launch;
    resolved.push({ request, resolved: launch.value });
  }
  return ok(resolved);
}

function jobOf(turn: Turn, tick: TickRow): string | undefined {
  const { schedules, sensors } = turn.catalog();
  return (tick.kind === "schedule" ? schedules : sensors).find((entry) => entry.location === tick.location && entry.name === tick.name)
    ?.job;
}

/** A run key makes one run for ever, also within one answer. Null: made before. */
function createOnce(turn: Turn, tick: TickRow, { request, resolved }: Request): Result<string | null> {
  const key = request.runKey === undefined ? null : { location: tick.location, sensor: `${tick.kind}:${tick.name}`, key: request.runKey };
  if (key && runOfKey(turn.db, key) !== null) return ok(null);
  const created = createRun(turn, {
    resolved,
    trigger: { type: tick.kind, name: tick.name, location: tick.location, tick: tick.id },
    tags: request.tags,
    config: request.config,
    priority: 0,
    parent: null,
  });
  if (!created.ok) return created;
  if (key) insertRunKey(turn.db, { ...key, runNo: created.value });
  return ok(readRunByNo(turn.db, created.value)?.id ?? null);
}
