/** Keeps the programs that the engine tests run, also when several starts want the same one at once. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, isAbsolute, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const OWN = join(ROOT, ".headgate-engines");
const POLL_MS = 250;
const BEAT_MS = 5_000;
/** A lock that was not touched for so long belongs to a start that was killed. */
const STALE_MS = 60_000;
const ABANDONED_MS = 6 * 3_600_000;

/** Kept between runs and shared by all clones that name the same one with `HEADGATE_ENGINES_DIR`. */
export function enginesFolder() {
  return process.env.HEADGATE_ENGINES_DIR ?? OWN;
}

/** What the server of a test writes: of this clone alone, and the same each time, so that the next start finds and ends the server of a killed run. */
export function testFolder(name) {
  return join(OWN, "test", name);
}

/**
 * A folder of the cache, made at the first use. It is made beside and renamed, so that a killed start never leaves half of it; a start that
 * finds another one at it waits for that one.
 *
 * @param {string} name with the version in it, e.g. `trino-476`
 * @param {(folder: string) => Promise<void>} make fills the new folder
 */
export async function cachedFolder(name, make) {
  const folder = join(enginesFolder(), name);
  if (existsSync(folder)) return folder;
  mkdirSync(enginesFolder(), { recursive: true });
  return await withLock(`${folder}.lock`, async () => {
    if (existsSync(folder)) return folder;
    removeAbandoned(folder);
    const part = mkdtempSync(`${folder}.part-`);
    try {
      await make(part);
      refuseFixedLinks(part);
      renameSync(part, folder);
    } catch (error) {
      rmSync(part, { recursive: true, force: true });
      // The lock only spares work: two starts may take over the same stale one, and then one of them is faster.
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    }
    return folder;
  });
}

/** The cache may be moved or copied with all in it: a link with a whole path in it would lead to where it was. */
function refuseFixedLinks(folder) {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isSymbolicLink() && isAbsolute(readlinkSync(path)))
      throw new Error(
        `${path} is a link to ${readlinkSync(path)}, which breaks when the cache of engines is moved; make it a relative one`,
      );
  }
}

async function withLock(lock, work) {
  while (!taken(lock)) await sleep(POLL_MS);
  const beat = setInterval(() => touch(lock), BEAT_MS);
  const release = () => rmSync(lock, { force: true });
  process.once("exit", release);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    process.off("exit", release);
    release();
  }
}

function taken(lock) {
  try {
    writeFileSync(lock, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    if (ageOf(lock) > STALE_MS) rmSync(lock, { force: true });
    return false;
  }
}

function touch(lock) {
  const now = new Date();
  try {
    utimesSync(lock, now, now);
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
  }
}

function ageOf(path) {
  return Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
}

/** Halves that killed starts left, each up to two gigabytes. */
function removeAbandoned(folder) {
  for (const name of readdirSync(dirname(folder))) {
    const path = join(dirname(folder), name);
    if (name.startsWith(`${basename(folder)}.part-`) && ageOf(path) > ABANDONED_MS) rmSync(path, { recursive: true, force: true });
  }
}
