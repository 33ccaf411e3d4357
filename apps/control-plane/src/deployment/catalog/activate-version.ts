/** Activates a version: from this transaction on, its assets, jobs, schedules and sensors are used. Existing runs keep their version. */
import { ok, refuse, type Result } from "@headgate/shared/domain/errors.ts";
import { checkBeside, takenKeys } from "@headgate/shared/manifest/beside-rules.ts";
import type { LoadError } from "@headgate/shared/manifest/schema.ts";
import { MAX_ROW_BYTES } from "../kernel/database.ts";
import { onlineAgents } from "../agents/agent-store.ts";
import { clearConflict, readConflicts, saveConflict } from "./conflict-store.ts";
import { graphAssetsOf } from "./definition-store.ts";
import { newLocation, readLocation, readLocations, readVersion, saveLocation, type VersionRow } from "./version-store.ts";
import type { Tx } from "../kernel/tx.ts";
import { drawLineage } from "./layout-graph.ts";
import { catalogOf, definitionsChanged } from "./catalog.ts";

export function activateVersion(tx: Tx, input: { readonly location: string; readonly version: string }): Result<VersionRow> {
  const version = readVersion(tx.db, input.version);
  const location = readLocation(tx.db, input.location);
  if (!version || !location || version.location !== input.location)
    return refuse("not_found", `Code location ${input.location} has no version ${input.version}.`);
  const before = readConflicts(tx.db);
  const fits = fitsBesideOthers(tx, version);
  if (!fits.ok) return fits;
  clearConflict(tx.db, location.name);
  saveLocation(tx.db, { ...location, activeVersion: version.id, errors: [], erroredAt: null, updatedAt: tx.now });
  definitionsChanged(tx.db);
  drawLineage(tx);
  tx.fact({ type: "version_activated", location: location.name });
  tx.fact({ type: "definitions_changed" });
  tx.fact({ type: "location_changed", location: location.name });
  // This version may resolve conflicts of other locations.
  if (before.length > 0) for (const other of readLocations(tx.db)) tx.fact({ type: "location_changed", location: other.name });
  for (const agent of onlineAgents(tx.db)) {
    if (agent.socket !== null)
      tx.effects.push({ type: "send", socket: agent.socket, frame: { t: "load", location: location.name, version: version.id } });
  }
  return ok(version);
}

/** A refusal because of keys of another code location is stored, so that pages show it. */
function fitsBesideOthers(tx: Tx, version: VersionRow): Result<null> {
  const assets = graphAssetsOf(tx.db, version.no);
  const { graph } = catalogOf(tx);
  const others = graph.assets.filter((asset) => asset !== null).filter((asset) => asset.location !== version.location);
  const fits = checkBeside(assets, others);
  if (!fits.ok && fits.error.code === "conflict") {
    const taken = takenKeys(assets, others);
    saveConflict(tx.db, { location: version.location, at: tx.now, keys: [...taken.keys()] });
    for (const name of new Set([version.location, ...taken.values()])) tx.fact({ type: "location_changed", location: name });
  }
  return fits;
}

/** Records that the newest code does not load; the active version stays active. */
export function reportLoadErrors(tx: Tx, input: { readonly location: string; readonly errors: readonly LoadError[] }): void {
  const location = readLocation(tx.db, input.location) ?? newLocation(input.location);
  saveLocation(tx.db, { ...location, errors: firstErrors(input.errors), erroredAt: tx.now, updatedAt: tx.now });
  tx.fact({ type: "location_changed", location: input.location });
}

const MAX_ERRORS = 50;

/** Keeps as many errors as fit into a row; each may have a long stack. */
function firstErrors(errors: readonly LoadError[]): LoadError[] {
  let characters = 0;
  return errors.slice(0, MAX_ERRORS).filter((error, index) => {
    characters += JSON.stringify(error).length;
    return index === 0 || characters <= MAX_ROW_BYTES / 4;
  });
}
