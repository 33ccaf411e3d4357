/** Stores the lineage layout of the active definitions, which is computed when they change. */
import { type Database, execBatches } from "../kernel/database.ts";
import { readMeta, writeMeta } from "../kernel/meta-store.ts";

/** Raise this when a release places the same graph differently. */
export const LAYOUT_FORMAT = 1;

export interface NodePlace {
  readonly key: string;
  readonly x: number;
  readonly y: number;
  readonly level: number;
}

export interface PictureSize {
  readonly width: number;
  readonly height: number;
  readonly nodeWidth: number;
  readonly nodeHeight: number;
}

/** `format` tells a layout of an older release from one of this release. */
export function saveLayout(
  db: Database,
  layout: { readonly places: readonly NodePlace[]; readonly size: PictureSize; readonly format: number },
): void {
  db.sql.exec("DELETE FROM node_place");
  execBatches(
    db,
    "INSERT INTO node_place (key, x, y, level) SELECT value ->> 'key', value ->> 'x', value ->> 'y', value ->> 'level' FROM json_each(?1)",
    { rows: layout.places },
  );
  writeMeta(db, "layout", JSON.stringify({ ...layout.size, format: layout.format }));
}

export function readPictureSize(db: Database): (PictureSize & { readonly format: number }) | null {
  const text = readMeta(db, "layout");
  return text === null ? null : (JSON.parse(text) as PictureSize & { format: number });
}

export function readPlace(db: Database, key: string): NodePlace | null {
  return (
    db.sql
      .exec<{ key: string; x: number; y: number; level: number }>("SELECT key, x, y, level FROM node_place WHERE key = ?", key)
      .toArray()[0] ?? null
  );
}

export function readPlaces(db: Database): Map<string, NodePlace> {
  const places = new Map<string, NodePlace>();
  for (const row of db.sql.exec<{ key: string; x: number; y: number; level: number }>("SELECT key, x, y, level FROM node_place"))
    places.set(row.key, row);
  return places;
}
