/** Pauses conditions: all, those of a code location, or that of one asset. A paused condition requests nothing and forgets nothing. */
import type { PauseScope, PauseView } from "@headgate/shared/contract/automations/conditions.ts";
import { parseCheckId } from "@headgate/shared/domain/asset-check.ts";
import { ok, refuse, type Result } from "@headgate/shared/domain/errors.ts";
import { type Catalog, catalogOf } from "../catalog/catalog.ts";
import { conditionProgram, locationOfTarget } from "./condition-program.ts";
import { deletePause, readPauses, savePause } from "./pause-store.ts";
import { clearTimer, setTimer } from "../kernel/timer-store.ts";
import type { Tx } from "../kernel/tx.ts";
import { recordConditionChange } from "./record-change.ts";

/** Finds the pause that applies to a target; the widest if there are several. */
export function pauseFinder(catalog: Catalog, pauses: readonly PauseView[]): (target: string) => PauseView | null {
  const byScope = new Map(pauses.map((pause) => [pause.scope, pause]));
  if (byScope.size === 0) return () => null;
  return (target) =>
    byScope.get("all") ??
    byScope.get(`location:${locationOfTarget(catalog, target)}`) ??
    byScope.get(`asset:${parseCheckId(target)?.asset ?? target}`) ??
    null;
}

export function pauseConditions(
  tx: Tx,
  input: { readonly scope: PauseScope; readonly reason?: string | undefined; readonly until?: number | undefined },
  by: string,
): Result<null> {
  const catalog = catalogOf(tx);
  const [kind, name] = [input.scope.split(":", 1)[0], input.scope.slice(input.scope.indexOf(":") + 1)];
  if (kind === "asset" && !catalog.graph.has(name)) return refuse("not_found", `There is no asset ${name}.`, { asset: name });
  if (kind === "location" && !catalog.versionOf.has(name))
    return refuse("not_found", `There is no active code location ${name}.`, { location: name });
  if (input.until !== undefined && input.until <= tx.now)
    return refuse("invalid_input", "The pause would end before it begins. Give a time in the future, or none.");
  savePause(tx.db, { scope: input.scope, by, at: tx.now, reason: input.reason ?? null, until: input.until ?? null });
  if (input.until === undefined) clearTimer(tx.db, "pause_end", input.scope);
  else setTimer(tx.db, { kind: "pause_end", id: input.scope, at: input.until });
  tx.fact({ type: "pauses_changed" });
  tx.effects.push({ type: "timers_changed" });
  return ok(null);
}

/** Ending a pause that does not exist changes nothing. */
export function endPause(tx: Tx, scope: PauseScope, by: string): void {
  clearTimer(tx.db, "pause_end", scope);
  if (!deletePause(tx.db, scope)) return;
  tx.fact({ type: "pauses_changed" });
  tx.effects.push({ type: "timers_changed" });
  const catalog = catalogOf(tx);
  const wasHeld = pauseFinder(catalog, [{ scope, by, at: tx.now, reason: null, until: null }]);
  const held = [...conditionProgram(tx.db, catalog).program.conditions.keys()].filter((target) => wasHeld(target) !== null);
  recordConditionChange(tx, held, { cause: by === "" ? "The pause ended." : `${by} ended the pause.` });
}

/** Runs when the timer of a pause is due. */
export function pauseExpired(tx: Tx, scope: PauseScope): void {
  const pause = readPauses(tx.db).find((row) => row.scope === scope);
  // The pause was extended meanwhile and has a new timer.
  if (pause && pause.until !== null && pause.until > tx.now) return;
  endPause(tx, scope, "");
}
