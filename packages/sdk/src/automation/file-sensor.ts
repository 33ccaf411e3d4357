/** A sensor that asks for runs when files arrive in a folder of the agent's machine. */
import type { Stats } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { isAbsolute, join, relative, sep } from "node:path";
import { checkOptions, type OptionRules } from "../options/check-options.ts";
import { captureSite } from "../options/definition-site.ts";
import { type Duration, millisecondsOf } from "../options/duration.ts";
import { FILE_REQUEST, namesTag, requestFiles, shortId, type FileRequestOptions, type ListedFile } from "./file-requests.ts";
import { commonSensorOptions, defineSensor } from "./sensors/polling-sensor.ts";
import type { Sensor } from "./sensors/sensor.ts";

/** A file that a file sensor found. */
export interface LocalFile {
  /** Behind the folder, with '/' between its parts. */
  readonly path: string;
  /** Where the file is on the agent's machine. */
  readonly absolutePath: string;
  /** Bytes. */
  readonly size: number;
  /** When its content changed last. */
  readonly modifiedAt: Date;
}

/** Options of `fileSensor`. */
export interface FileSensorOptions extends FileRequestOptions<LocalFile> {
  /** Absolute, or relative to the code location's root. */
  readonly folder: string;
  /** Look into folders below it, too. Default: no. */
  readonly recursive?: boolean | undefined;
  /** How long a file must have been left alone, so that one that is still being written is not taken. Default 5 seconds. */
  readonly settle?: Duration | undefined;
}

const FILE_SENSOR: OptionRules<FileSensorOptions> = { ...FILE_REQUEST, folder: "text", recursive: "boolean", settle: "duration" };
const OVERLAP_MS = 60_000;
const SETTLE_SECONDS = 5;

/**
 * Looks into a folder and asks for a run for each new or changed file, once it has been left alone for a while.
 *
 * @example
 * export const newFiles = fileSensor({ name: "new_files", folder: "/data/inbox", pattern: "*.csv", every: "10s", job: loadFiles });
 */
export function fileSensor(options: FileSensorOptions): Sensor {
  checkOptions(options, FILE_SENSOR, { call: "fileSensor", definer: fileSensor, what: "Sensor", needs: ["name", "folder"] });
  const sensor = defineSensor({
    ...commonSensorOptions(options),
    evaluate: async ({ folders, ...context }) => {
      const folder = isAbsolute(options.folder) ? options.folder : join(folders.root, options.folder);
      const quietSince = Date.now() - millisecondsOf(options.settle ?? SETTLE_SECONDS, "settle");
      const listed = (await listFiles(folder, options.recursive ?? false)).filter(({ time }) => time <= quietSince);
      const source = {
        place: options.folder,
        overlapMs: OVERLAP_MS,
        tagsOf: (files: readonly ListedFile<LocalFile>[]) => ({
          file: namesTag(files.map(({ path }) => path)),
          ...(options.runPerFile === false && { files: String(files.length) }),
        }),
      };
      return requestFiles(listed, { options, source, context });
    },
  });
  return { ...sensor, "~definition": { ...sensor["~definition"], site: captureSite(fileSensor) } };
}

async function listFiles(folder: string, recursive: boolean): Promise<ListedFile<LocalFile>[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive }).catch((error: unknown) => {
    throw new Error(`The folder ${folder} cannot be read: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  });
  const found: ListedFile<LocalFile>[] = [];
  for (const entry of entries) {
    const absolutePath = join(entry.parentPath, entry.name);
    const info = entry.isFile() || entry.isSymbolicLink() ? await statOrNull(absolutePath) : null;
    if (!info?.isFile()) continue;
    const path = relative(folder, absolutePath).split(sep).join("/");
    const identity = `file:${path}#${Math.trunc(info.mtimeMs)}-${info.size}`;
    found.push({
      file: { path, absolutePath, size: info.size, modifiedAt: info.mtime },
      path,
      // The time of the last change of anything, also of the name: a file that is moved here keeps its old time of modification.
      time: Math.trunc(info.ctimeMs),
      id: shortId(identity),
      runKey: identity,
    });
  }
  return found;
}

/** Null when it went away meanwhile. */
async function statOrNull(file: string): Promise<Stats | null> {
  try {
    return await stat(file);
  } catch {
    return null;
  }
}
