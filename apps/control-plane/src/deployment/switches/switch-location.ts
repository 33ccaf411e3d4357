/** Switches the schedules, sensors and conditions of a code location on or off. */
import type { Actor } from "@headgate/shared/contract/access/actor.ts";
import { nearestKeys } from "@headgate/shared/domain/asset-key.ts";
import { automationId } from "@headgate/shared/domain/automation-id.ts";
import { ok, refuse, type Result } from "@headgate/shared/domain/errors.ts";
import { switchesChanged } from "../catalog/catalog.ts";
import { readLocation, readLocations, saveLocation } from "../catalog/version-store.ts";
import type { Tx } from "../kernel/tx.ts";
import { endSoloChoices } from "../ticks/automation-store.ts";
import { sourcesOf } from "../ticks/automation-views.ts";

export function switchLocation(tx: Tx, input: { readonly location: string; readonly on: boolean }, actor: Actor): Result<string> {
  const row = readLocation(tx.db, input.location);
  if (!row || row.activeVersion === null) {
    const active = readLocations(tx.db).filter((other) => other.activeVersion !== null);
    const nearest = nearestKeys(
      input.location,
      active.map((other) => other.name),
      3,
    );
    const advice = nearest.length > 0 ? ` Did you mean ${nearest.join(", ")}?` : "";
    return refuse("not_found", `There is no active code location ${input.location}.${advice}`, { location: input.location, nearest });
  }
  saveLocation(tx.db, { ...row, switch: input.on ? "on" : "off", switchedBy: actor.name, switchedAt: tx.now });
  switchesChanged(tx.db);
  // A new "off" is newer than what was switched on during the old one.
  if (!input.on) endSoloChoices(tx.db, row.name);
  tx.fact({ type: "location_switched", location: row.name, by: actor.name });
  for (const source of sourcesOf(tx, undefined)) {
    if (source.location === row.name) tx.fact({ type: "automation_changed", automation: automationId(source) });
  }
  tx.fact({ type: "location_changed", location: row.name });
  tx.fact({ type: "pauses_changed" });
  return ok(row.name);
}
