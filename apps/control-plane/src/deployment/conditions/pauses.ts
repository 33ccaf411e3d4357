/** Conditions can be held back: all, those of a code location, that of one asset. While they are, nothing is requested and nothing is forgotten. */
import type { PauseScope, PauseView } from "@headgate/shared/api/automation-views.ts";
import { parseCheckId } from "@headgate/shared/domain/asset-check.ts";
import { ok, refuse, type Result } from "@headgate/shared/domain/errors.ts";
import type { Catalog } from "../catalog/catalog.ts";
import { conditionProgram, locationOfTarget } from "./condition-program.ts";
import { deletePause, readPauses, savePause } from "./pause-store.ts";
import { clearTimer, setTimer } from "../kernel/timer-store.ts";
import type { Turn } from "../kernel/tx.ts";
import { noteConditionChange } from "./note-change.ts";

/** The pause that holds a target back; the widest, when there are several. */
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
  turn: Turn,
  input: { readonly scope: PauseScope; readonly reason?: string | undefined; readonly until?: number | undefined },
  by: string,
): Result<null> {
  const catalog = turn.catalog();
  const [kind, name] = [input.scope.split(":", 1)[0], input.scope.slice(input.scope.indexOf(":") + 1)];
  if (kind === "asset" && !catalog.graph.has(name)) return refuse("not_found", `There is no asset ${name}.`, { asset: name });
  if (kind === "location" && !catalog.versionOf.has(name))
    return refuse("not_found", `There is no active code location ${name}.`, { location: name });
  if (input.until !== undefined && input.until <= turn.now)
    return refuse("invalid_input", "The pause would end before it begins. Give a time that is still to come, or none.");
  savePause(turn.db, { scope: input.scope, by, at: turn.now, reason: input.reason ?? null, until: input.until ?? null });
  if (input.until === undefined) clearTimer(turn.db, "pause_end", input.scope);
  else setTimer(turn.db, { kind: "pause_end", id: input.scope, at: input.until });
  turn.effects.push({ type: "pauses_changed" }, { type: "timers_changed" });
  return ok(null);
}

/** Ending what is not paused changes nothing. */
export function endPause(turn: Turn, scope: PauseScope, by: string): void {
  clearTimer(turn.db, "pause_end", scope);
  if (!deletePause(turn.db, scope)) return;
  turn.effects.push({ type: "pauses_changed" }, { type: "timers_changed" });
  const catalog = turn.catalog();
  const wasHeld = pauseFinder(catalog, [{ scope, by, at: turn.now, reason: null, until: null }]);
  const held = [...conditionProgram(turn.db, catalog).program.conditions.keys()].filter((target) => wasHeld(target) !== null);
  noteConditionChange(turn, held, { cause: by === "" ? "The pause came to its end." : `${by} ended the pause.` });
}

/** Its time has come. */
export function pauseExpired(turn: Turn, scope: PauseScope): void {
  const pause = readPauses(turn.db).find((row) => row.scope === scope);
  // Extended meanwhile: its own timer is set.
  if (pause && pause.until !== null && pause.until > turn.now) return;
  endPause(turn, scope, "");
}
