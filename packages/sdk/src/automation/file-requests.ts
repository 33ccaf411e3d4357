/** What file sensors have in common, wherever the files are: which are new, and which runs to ask for. */
import { createHash } from "node:crypto";
import { matchesGlob } from "node:path";
import { printCursor, readCursor, skipArrivals, START, takeArrivals, type Arrival } from "./arrivals.ts";
import { type Duration, millisecondsOf } from "../options/duration.ts";
import { runRequest, skip, type RunRequest, type RunRequestOptions, type Skip } from "./run-request.ts";
import type { OptionRules } from "../options/check-options.ts";
import { READY_MADE_SENSOR, type ReadyMadeSensorOptions } from "./sensors/polling-sensor.ts";
import type { SensorContext } from "./sensors/sensor.ts";

/** Options of every file sensor; `F` is how a file is described. */
export interface FileRequestOptions<F> extends ReadyMadeSensorOptions {
  /** Glob (`*.csv`, `2025/**`) or regular expression, for the path behind the folder or prefix. Default: every file. */
  readonly pattern?: string | RegExp | undefined;
  /** What the first tick does with files that are already there: nothing (`now`, the default), or a run for each (`beginning`). */
  readonly startAt?: "now" | "beginning" | undefined;
  /** False: one run per tick for all its new files. Default: one run per file. */
  readonly runPerFile?: boolean | undefined;
  /** New files per tick; more wait for the next one. Default and most: 500. */
  readonly maxFiles?: number | undefined;
  /** How much older than the newest known file a late file may be and still be found. Default: 1 minute in a folder, 15 minutes in S3. */
  readonly overlap?: Duration | undefined;
  /** What a run gets besides its run key, e.g. a partition or config. `files` is one file, unless `runPerFile` is false. */
  readonly toRequest?: ((files: readonly F[]) => Omit<RunRequestOptions, "runKey">) | undefined;
}

export const FILE_REQUEST: OptionRules<FileRequestOptions<never>> = {
  ...READY_MADE_SENSOR,
  pattern: ["text", "object"],
  startAt: { oneOf: ["now", "beginning"] },
  runPerFile: "boolean",
  maxFiles: "number",
  overlap: "duration",
  toRequest: "function",
};

/** A file of a listing. */
export interface ListedFile<F> extends Arrival {
  readonly file: F;
  /** Path behind the folder or prefix. */
  readonly path: string;
  /** The same for the same content at the same place. */
  readonly runKey: string;
}

export interface FileSource<F> {
  /** For messages: `s3://lake/inbox/`. */
  readonly place: string;
  readonly overlapMs: number;
  /** Tags of a run for these files, under those of `toRequest`. */
  readonly tagsOf: (files: readonly ListedFile<F>[]) => Readonly<Record<string, string>>;
}

const MAX_FILES = 500;
const MAX_RUN_KEY = 400;

/** Asks for runs for the new ones among `listed` and moves the cursor. */
export function requestFiles<F>(
  listed: readonly ListedFile<F>[],
  {
    options,
    source,
    context,
  }: { options: FileRequestOptions<F>; source: FileSource<F>; context: Pick<SensorContext, "cursor" | "setCursor" | "log"> },
): RunRequest[] | Skip {
  const { cursor: text, setCursor, log } = context;
  const overlapMs = options.overlap === undefined ? source.overlapMs : millisecondsOf(options.overlap, "overlap");
  const matches = matcherOf(options.pattern);
  const files = listed.filter(({ path }) => matches(path));
  const stored = readCursor(text);
  if (stored === null && options.startAt !== "beginning") {
    setCursor(printCursor(skipArrivals(files, overlapMs)));
    return skip(`first look at ${source.place}: ${files.length} files are there already, what comes from now on is new`);
  }
  const limit = Math.min(options.maxFiles ?? MAX_FILES, MAX_FILES);
  const { fresh, waiting, cursor } = takeArrivals(files, stored ?? START, { overlapMs, limit });
  setCursor(printCursor(cursor));
  if (fresh.length === 0) return skip(`no new files in ${source.place} (${files.length} known)`);
  if (waiting > 0) log.info(`${fresh.length} new files now, ${waiting} more in the next tick`);
  const groups = options.runPerFile === false ? [fresh] : fresh.map((file) => [file]);
  return groups.map((group) => requestOf(group, options, source));
}

function requestOf<F>(group: readonly ListedFile<F>[], options: FileRequestOptions<F>, source: FileSource<F>): RunRequest {
  const extra = options.toRequest?.(group.map(({ file }) => file)) ?? {};
  const keys = group.map(({ runKey }) => runKey);
  const [only = "", ...others] = keys;
  const runKey = others.length === 0 ? shortRunKey(only) : `${source.place.slice(0, MAX_RUN_KEY)}#${digest(keys.toSorted().join("\n"))}`;
  return runRequest({ ...extra, runKey, tags: { ...source.tagsOf(group), ...extra.tags } });
}

/** Run keys have a longest length, keys of objects a longer one. */
function shortRunKey(key: string): string {
  return key.length <= MAX_RUN_KEY ? key : `${key.slice(0, MAX_RUN_KEY / 2)}...#${digest(key)}`;
}

/** Names a file in the cursor. */
export function shortId(text: string): string {
  return digest(text).slice(0, 12);
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}

/** Names in a tag, as long as they are few: a tag is for people. */
export function namesTag(names: readonly string[]): string {
  const text = names.join(", ");
  return text.length <= 500 ? text : `${text.slice(0, text.lastIndexOf(", ", 480))}, ...`;
}

function matcherOf(pattern: string | RegExp | undefined): (path: string) => boolean {
  if (pattern === undefined) return () => true;
  if (typeof pattern === "string") return (path) => matchesGlob(path, pattern);
  // With these flags a regular expression remembers where it was.
  const stateless = new RegExp(pattern.source, pattern.flags.replaceAll(/[gy]/g, ""));
  return (path) => stateless.test(path);
}
