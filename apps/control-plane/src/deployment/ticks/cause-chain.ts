/** The chain of what a tick makes, and the brake: a sensor that starts itself again and again ends with a failed tick that says so. */
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

/** Of a run as a whole. One that no sensor led to begins a chain. */
export function chainOfRun({ id, chain }: Pick<RunRow, "id" | "chain">): CauseChain {
  return chain ? { root: chain.root, passed: chain.passed, times: chain.times } : { root: id, passed: [] };
}

/** Of what a tick makes. Null: it is of a schedule, so each of its runs begins a chain. */
export function chainAfter(tick: TickRow): CauseChain | null {
  return tick.kind === "schedule" ? null : chainThrough(before(tick), automationId(tick));
}

/** Counts, once for each tick, that it makes something; refused when it has followed from itself too often. */
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
    `Sensor ${tick.name} starts itself (${way.join(" → ")}): since ${rootText(chain.root)} it has done so ${count}, and nothing more is made in this chain. Let it watch nothing that follows from its own runs, or use a schedule to repeat something. What somebody launches, and what comes from outside, begins a new chain.`,
    { sensor: tick.name, location: tick.location, root: chain.root, circle },
  );
}

function before(tick: TickRow): CauseChain {
  return tick.chain ?? { root: tick.id, passed: [] };
}

function rootText(root: string): string {
  return root.startsWith("tick_") ? `tick ${root}` : `run …${shortRunId(root)}`;
}
