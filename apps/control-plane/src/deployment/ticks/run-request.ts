/** Resolves one requested run: its run key and its target. */
import type { LaunchTarget } from "@headgate/shared/contract/runs/launch.ts";
import { refuse, type Result } from "@headgate/shared/domain/errors.ts";
import type { TickPart } from "@headgate/shared/protocol/tick-result.ts";
import type { RunKey, Source } from "./automation-store.ts";
import { readRunByNo } from "../runs/run-store.ts";
import type { Tx } from "../kernel/tx.ts";
import { definitionOf } from "./automation-source.ts";
import { type ResolvedLaunch, resolveLaunch } from "../runs/launch/resolve-target.ts";
import { catalogOf } from "../catalog/catalog.ts";
import { openRuns } from "../runs/run-session.ts";

export type RunRequest = TickPart["runs"][number];

/** A run key makes one run only, ever, even within one tick. */
export function keyOf(source: Source, request: RunRequest): RunKey | null {
  return request.runKey === undefined ? null : { location: source.location, sensor: `${source.kind}:${source.name}`, key: request.runKey };
}

export function runIdOf(tx: Pick<Tx, "db" | "state">, no: number): string | null {
  return openRuns(tx).get(no)?.row.id ?? readRunByNo(tx.db, no)?.id ?? null;
}

export function resolveRequest(tx: Pick<Tx, "db" | "now">, source: Source, request: RunRequest): Result<ResolvedLaunch> {
  if (request.job !== undefined && request.selection !== undefined)
    return refuse("invalid_input", "It names a job and a selection. Give one of them.");
  const job = request.job ?? (request.selection === undefined ? definitionOf(catalogOf(tx), source)?.job : undefined);
  const target: LaunchTarget | null =
    job !== undefined ? { job, location: source.location } : request.selection !== undefined ? { selection: request.selection } : null;
  if (!target)
    return refuse("invalid_input", `It names neither a job nor a selection, and ${source.kind} ${source.name} has no job of its own.`);
  return resolveLaunch(tx, {
    ...target,
    ...(request.partition !== undefined && { partition: request.partition }),
    ...(request.checksOnly !== undefined && { checksOnly: request.checksOnly }),
  });
}
