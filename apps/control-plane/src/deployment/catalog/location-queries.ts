/** Queries about code locations and their versions. */
import type { InputOf } from "@headgate/shared/contract/table.ts";
import type { LocationView, VersionView } from "@headgate/shared/contract/catalog/locations.ts";
import type { Page } from "@headgate/shared/contract/view.ts";
import { ok, refuse, type Result } from "@headgate/shared/domain/errors.ts";
import { type LocationRow, listVersions, readLocation, readLocations, readVersion, type VersionRow } from "./version-store.ts";
import { type OpenConflict, openConflicts } from "./key-conflicts.ts";
import { numberOfCursor } from "../kernel/page-cursor.ts";
import type { Reader } from "../kernel/reader.ts";

export function versionView(row: VersionRow, active: string | null): VersionView {
  return {
    id: row.id,
    location: row.location,
    number: row.number,
    active: row.id === active,
    publishedAt: row.publishedAt,
    publishedBy: row.publishedBy,
    counts: row.counts,
    git: row.git,
    sdk: row.sdk,
    diff: row.diff,
  };
}

/** A conflict over assets is shown at both locations, but only the refused one counts as unavailable. */
function locationView(reader: Reader, row: LocationRow, conflicts: readonly OpenConflict[]): LocationView {
  const active = row.activeVersion === null ? null : readVersion(reader.db, row.activeVersion);
  const refused = conflicts.filter((conflict) => conflict.refused === row.name);
  // The load errors describe the conflict already, with file and line.
  const told = row.errors.length > 0;
  const mine = conflicts.filter((conflict) => (conflict.refused === row.name && !told) || conflict.owner === row.name);
  return {
    name: row.name,
    status: told || refused.length > 0 || active === null ? "unavailable" : "loaded",
    active: active && versionView(active, row.activeVersion),
    errors: [...row.errors, ...mine.map((conflict) => conflict.error)],
    erroredAt: row.erroredAt ?? mine[0]?.at ?? null,
    updatedAt: row.updatedAt,
  };
}

export function listLocations(reader: Reader): LocationView[] {
  const conflicts = openConflicts(reader);
  return readLocations(reader.db).map((row) => locationView(reader, row, conflicts));
}

export function oneLocation(reader: Reader, name: string): LocationView | null {
  const row = readLocation(reader.db, name);
  return row && locationView(reader, row, openConflicts(reader));
}

export function listVersionsQuery(reader: Reader, input: InputOf<"locations.versions">): Result<Page<VersionView>> {
  const location = readLocation(reader.db, input.location);
  if (!location) return refuse("not_found", `There is no code location ${input.location}.`);
  const before = numberOfCursor(input.cursor);
  if (!before.ok) return before;
  const rows = listVersions(reader.db, { location: input.location, before: before.value, limit: input.limit + 1 });
  const page = rows.slice(0, input.limit);
  const last = page.at(-1);
  return ok({
    items: page.map((row) => versionView(row, location.activeVersion)),
    next: rows.length > input.limit && last ? String(last.number) : null,
  });
}
