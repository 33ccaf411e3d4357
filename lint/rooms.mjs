/** Reads the layer table: finds the room of a file and judges its imports. Paths are relative to the repository root. */
import path from "node:path";

export const within = (file, prefix) => file === prefix || file.startsWith(`${prefix}/`);

/** The table with every room as an object, its floor in it. */
export function readTable(packages) {
  return packages.map(({ imports = [], types = [], floors = [], ...entry }) => ({
    ...entry,
    imports: [entry.package, ...imports],
    types,
    rooms: floors.flatMap((rooms, floor) => rooms.map((room) => ({ floor, ...(typeof room === "string" ? { room } : room) }))),
  }));
}

/** `{ entry, room }`; `room` is null for files outside `src`, and where a package has no floors. Null: no package of the table. */
export function placeOf(table, file) {
  const entry = table.find((candidate) => within(file, candidate.package));
  if (!entry) return null;
  const source = `${entry.package}/src`;
  if (entry.rooms.length === 0 || !within(file, source)) return { entry, room: null };
  const inSource = path.posix.relative(source, file);
  const [closest] = entry.rooms.filter(({ room }) => within(inSource, room)).sort((a, b) => b.room.length - a.room.length);
  const room = closest ?? entry.rooms.find(({ room: name }) => name === ".");
  return { entry, room: room ?? "none" };
}

/** The reason why `file` may not import the file `target`, or null. */
export function importViolation(table, { file, target, typeOnly }) {
  const from = placeOf(table, file);
  if (!from) return null;
  const { entry } = from;
  if (!entry.imports.some((prefix) => within(target, prefix))) {
    if (typeOnly && entry.types.some((prefix) => within(target, prefix))) return null;
    return `${entry.package} may not import ${target}; allowed: ${entry.imports.join(", ")}`;
  }
  if (from.room === "none") return `${file} is in no room of ${entry.package}; give it one in lint/layers.mjs`;
  const to = placeOf(table, target);
  if (from.room === null || to?.entry !== entry || to.room === null || to.room === from.room) return null;
  if (to.room === "none") return null;
  const inSource = path.posix.relative(`${entry.package}/src`, target);
  const among = (places) => places?.some((place) => within(inSource, place)) === true;
  if (typeOnly && among(from.room.types)) return null;
  if (isTest(file) && among(from.room.tests)) return null;
  return roomViolation(from.room, to.room);
}

const isTest = (file) => /\.test(-support)?\.ts$/.test(file);

function roomViolation(from, to) {
  if (to.floor < from.floor) {
    if (!from.only || from.only.includes(to.room)) return null;
    return `${from.room} may not import ${to.room}; allowed: ${from.only.join(", ") || "only itself"}`;
  }
  if (to.floor === from.floor) {
    if (from.beside?.includes(to.room)) return null;
    return `${from.room} may not import ${to.room}: they are on one floor; see lint/layers.mjs`;
  }
  return `${from.room} may not import ${to.room}, which is above it, not even a type; see lint/layers.mjs`;
}

/** The reason why `file` may not import an npm package or a module of Node, or null. */
export function packageViolation(table, file, specifier) {
  if (isTest(file)) return null;
  const room = placeOf(table, file)?.room;
  if (!room?.packages) return null;
  if (room.packages.some((name) => specifier === name || specifier.startsWith(`${name}/`))) return null;
  const allowed = room.packages.length > 0 ? ` but ${room.packages.join(", ")}` : "";
  return `${room.room} may import no package${allowed}; found '${specifier}'`;
}
