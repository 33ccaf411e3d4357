/** Builds the chain of sensors behind a tick's results, and the loop breaker: the tick of a sensor that keeps starting itself fails. */
import {
  type CauseChain,
  chainThrough,
  circleOf,
  MAX_BRANCHED_SELF_STARTS,
  MAX_SELF_STARTS,
  timesThrough,
} from "@headgate/shared/domain/automation/cause-chain.ts";
import { shortRunId } from "@headgate/shared/ids.ts";
import { ok, refuse, type Result } from "@headgate/shared/domain/errors.ts";
import { shortened } from "@headgate/shared/domain/shortened.ts";
import type { RunRow } from "../runs/tables.ts";
import { countSelfStart } from "./self-start-store.ts";
import type { TickRow } from "./tick-store.ts";
import type { Tx } from "../kernel/tx.ts";
import { automationId, sourceOfId } from "@headgate/shared/domain/automation-id.ts";

const MAX_NAMED = 5;

/** The chain of a run. A run that no sensor led to begins a new chain. */
export function chainOfRun({ id, chain }: Pick<RunRow, "id" | "chain">): CauseChain {
  return chain ? { root: chain.root, passed: chain.passed, times: chain.times } : { root: id, passed: [] };
}

/** The chain of a tick's results. Null for a schedule, because each of its runs begins a new chain. */
export function chainAfter(tick: TickRow): CauseChain | null {
  return tick.kind === "schedule" ? null : chainThrough(before(tick), automationId(tick));
}

/** Loop breaker: counts a sensor tick that makes something, and refuses it if the sensor has started itself too often. */
export function countStart(tx: Tx, tick: TickRow): Result<null> {
  const chain = before(tick);
  const sensor = automationId(tick);
  const times = timesThrough(chain, sensor);
  if (tick.kind === "schedule" || times === 0) return ok(null);
  const isLong = times > MAX_SELF_STARTS;
  if (!isLong && countSelfStart(tx.db, { root: chain.root, sensor, tick: tick.id, now: tx.now }) <= MAX_BRANCHED_SELF_STARTS)
    return ok(null);
  const count = isLong ? `${MAX_SELF_STARTS} times` : `${MAX_BRANCHED_SELF_STARTS} times in all branches together`;
  const circle = circleOf(chain, sensor).map((id) => shortened(sourceOfId(id).name, 80));
  const way = circle.length > MAX_NAMED + 1 ? [...circle.slice(0, MAX_NAMED), "…", ...circle.slice(-1)] : circle;
  return refuse(
    "conflict",
    `Sensor ${tick.name} starts itself (${way.join(" → ")}): it has done so ${count} since ${rootText(chain.root)}, so this loop was stopped. Exclude the results of its own runs from what it watches, or use a schedule to repeat something. A manual launch or an event from outside starts a new chain.`,
    { sensor: tick.name, location: tick.location, root: chain.root, circle },
  );
}

function before(tick: TickRow): CauseChain {
  return tick.chain ?? { root: tick.id, passed: [] };
}

function rootText(root: string): string {
  return root.startsWith("tick_") ? `tick ${root}` : `run …${shortRunId(root)}`;
}
