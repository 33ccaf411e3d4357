/** Turns what dbt says about a project it cannot read into one load error with place and remedy. */
import { readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import type { LoadError } from "@headgate/shared/manifest/schema.ts";
import { reasonFirst } from "../report/failure.ts";
import { remedyFor, type Remedy } from "./parse-remedies.ts";

const FILE =
  /\(([^()\s]+\.(?:sql|yml|yaml|py|csv|md))(?:, line \d+)?\)|(?:in|file|parsing) ['"]?([^\s'":()]+\.(?:sql|yml|yaml|py))|Error reading \w+: (\S+\.(?:yml|yaml))/;
const LINE = /\bline (\d+)/;
/** dbt reads these two before it knows where it is, and does not always name them. */
const PROJECT_FILE = /dbt_project\.yml/;
const NAMES_PROFILES = /profiles\.yml|credentials in profile|profile named|does not have a target named|not found in profile|adapter type/i;

export interface DbtErrorInput {
  readonly message: string;
  /** The folder of the dbt project on this machine. */
  readonly dir: string;
  /** The same folder as the user wrote it. */
  readonly shownDir: string;
  /** The folder of headgate.config.ts. */
  readonly root?: string | undefined;
  /** Where dbt read the project from, if that is a copy, and the folder that was copied. */
  readonly copy?: { readonly root: string; readonly of: string } | undefined;
  /** The folder of profiles.yml on this machine. */
  readonly profilesDir?: string | undefined;
  /** Every file of the project, absolute. */
  readonly files?: readonly string[] | undefined;
}

export function dbtLoadError(input: DbtErrorInput): LoadError {
  const message = withoutCopy(input.message.trim(), input.copy).slice(0, 20_000);
  const remedy = remedyFor(message, { nodes: nodeNames(input) });
  const place = placeOf(message, remedy, input);
  const codeFrame = place && codeFrameOf(place.path, place.line);
  return {
    kind: "project",
    message: `The dbt project in "${input.shownDir}" cannot be read. ${reasonFirst(message)}`.slice(0, 20_000),
    ...(place && { file: shown(place.path, input) }),
    ...(place?.line !== undefined && { line: place.line }),
    ...(codeFrame !== undefined && { codeFrame }),
    ...(remedy && { hint: remedy.hint.replaceAll("$profiles", shownProfiles(input)) }),
  };
}

/** The copy is gone when a person reads the message. */
function withoutCopy(message: string, copy: DbtErrorInput["copy"]): string {
  return copy === undefined ? message : message.replaceAll(`${copy.root}${sep}`, "").replaceAll(copy.root, copy.of);
}

interface Place {
  readonly path: string;
  readonly line: number | undefined;
}

function placeOf(message: string, remedy: Remedy | undefined, input: DbtErrorInput): Place | undefined {
  const said = LINE.exec(message)?.[1];
  const path = fileOf(message, remedy, input);
  if (path === undefined) return undefined;
  const line = said === undefined ? lineWith(path, remedy?.finds) : Number(said);
  return { path, line };
}

function fileOf(message: string, remedy: Remedy | undefined, input: DbtErrorInput): string | undefined {
  const match = FILE.exec(message);
  const named = match?.[1] ?? match?.[2] ?? match?.[3];
  const profiles = input.profilesDir === undefined ? undefined : join(input.profilesDir, "profiles.yml");
  if (profiles !== undefined && (named === undefined || named === "profiles.yml") && NAMES_PROFILES.test(message)) return profiles;
  if (named !== undefined) return resolved(named, input);
  const finds = remedy?.finds;
  const found = finds && input.files?.find((file) => /\.(?:sql|yml|yaml|py)$/.test(file) && lineWith(file, finds) !== undefined);
  if (found !== undefined) return found;
  // Every other file is named where its syntax is wrong.
  return PROJECT_FILE.test(message) || /^\s*Syntax error near line/m.test(message) ? join(input.dir, "dbt_project.yml") : undefined;
}

/** dbt names some files without their folder. */
function resolved(named: string, { dir, files = [] }: DbtErrorInput): string {
  const path = join(dir, named);
  if (files.includes(path)) return path;
  const ending = files.filter((file) => file.endsWith(`${sep}${named}`));
  return (ending.length === 1 ? ending[0] : undefined) ?? path;
}

function shown(path: string, { dir, shownDir, root }: DbtErrorInput): string {
  const inside = relative(dir, path);
  if (!inside.startsWith("..")) return join(shownDir, inside);
  const below = root === undefined ? ".." : relative(root, path);
  return below.startsWith("..") ? path : below;
}

function shownProfiles(input: DbtErrorInput): string {
  return input.profilesDir === undefined ? "profiles.yml" : shown(join(input.profilesDir, "profiles.yml"), input);
}

function nodeNames({ files = [] }: DbtErrorInput): readonly string[] {
  return files.flatMap((file) => /([^/\\]+)\.(?:sql|py|csv)$/.exec(file)?.[1] ?? []);
}

function lineWith(file: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const at = readText(file)
    ?.split("\n")
    .findIndex((line) => line.includes(text));
  return at === undefined || at < 0 ? undefined : at + 1;
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

function codeFrameOf(file: string, line: number | undefined): string | undefined {
  const text = readText(file);
  if (text === undefined) return undefined;
  const lines = text.split("\n");
  const first = Math.max(1, (line ?? 1) - 3);
  const last = Math.min(lines.length, (line ?? 8) + 3);
  const width = String(last).length;
  return lines
    .slice(first - 1, last)
    .map((content, index) => `${first + index === line ? ">" : " "} ${String(first + index).padStart(width)} | ${content}`)
    .join("\n");
}
