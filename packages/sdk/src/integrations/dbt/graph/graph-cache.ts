/**
 * Graphs of a dbt project that were parsed before. They lie in the project's `target/headgate` folder and are published with it, so that
 * an agent need not parse before it knows which node an asset is.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { canonicalJson } from "@headgate/shared/domain/json.ts";
import { z } from "zod";
import { dbtManifestSchema, type DbtManifest } from "./dbt-manifest.ts";

export interface DbtGraph {
  readonly manifest: DbtManifest;
  /** Unique ids of `select` and `exclude`; null: everything. */
  readonly selected: ReadonlySet<string> | null;
  /** What who publishes it should know. */
  readonly warnings: readonly string[];
  /** `--profile` and `--target` with which it was read. */
  readonly profileArgs: readonly string[];
}

/** What a graph was made from; all but `dir` are hashes. */
export interface GraphPlace {
  readonly dir: string;
  readonly files: string;
  readonly selection: string;
  readonly environment: string;
}

const VERSION = 5;

const graphSchema = z.object({
  version: z.literal(VERSION),
  manifest: dbtManifestSchema,
  selected: z.array(z.string()).nullable(),
  warnings: z.array(z.string()),
  profileArgs: z.array(z.string()),
});

export const GRAPH_FOLDER = join("target", "headgate");

/** A worker runs many steps of one project, and a large graph takes seconds to read and check. */
let latest: { readonly file: string; readonly written: number; readonly graph: DbtGraph } | null = null;

/** `anyEnvironment`: a graph made with other variables will do, because the one that was published is the one to follow. */
export function readCachedGraph(place: GraphPlace, anyEnvironment: boolean): DbtGraph | null {
  const folder = join(place.dir, GRAPH_FOLDER);
  const names = existsSync(folder) ? readdirSync(folder).sort() : [];
  const exact = nameOf(place);
  const name = names.includes(exact) ? exact : anyEnvironment ? names.find((entry) => entry.startsWith(stemOf(place))) : undefined;
  if (name === undefined) return null;
  const file = join(folder, name);
  try {
    const written = statSync(file).mtimeMs;
    if (latest?.file === file && latest.written === written) return latest.graph;
    const { manifest, selected, warnings, profileArgs } = graphSchema.parse(JSON.parse(readFileSync(file, "utf8")));
    const graph = { manifest, selected: selected && new Set(selected), warnings, profileArgs };
    latest = { file, written, graph };
    return graph;
  } catch {
    // Cut short by a crash, or of another release: parse again.
    return null;
  }
}

/** A read-only folder only costs time, so it is no error. */
export function writeCachedGraph(place: GraphPlace, graph: DbtGraph): void {
  const folder = join(place.dir, GRAPH_FOLDER);
  const name = nameOf(place);
  const selected = graph.selected && [...graph.selected].sort();
  try {
    mkdirSync(folder, { recursive: true });
    const temporary = join(folder, `.${name}.${process.pid}`);
    writeFileSync(temporary, canonicalJson({ ...graph, version: VERSION, selected }));
    renameSync(temporary, join(folder, name));
    const outdated = readdirSync(folder).filter((entry) => /^(graph|parse)-/.test(entry) && entry.split("-")[1] !== short(place.files));
    for (const entry of outdated) rmSync(join(folder, entry), { force: true });
  } catch {
    return;
  }
}

/** What is published has one environment: an agent, which has another, would not know which one it was. */
export function dropOtherEnvironments(place: GraphPlace): void {
  const folder = join(place.dir, GRAPH_FOLDER);
  const exact = nameOf(place);
  try {
    for (const entry of readdirSync(folder))
      if (entry !== exact && entry.startsWith(stemOf(place))) rmSync(join(folder, entry), { force: true });
  } catch {
    return;
  }
}

function nameOf(place: GraphPlace): string {
  return `${stemOf(place)}${short(place.environment)}.json`;
}

function stemOf(place: GraphPlace): string {
  return `graph-${short(place.files)}-${short(place.selection)}-`;
}

function short(hash: string): string {
  return hash.slice(0, 12);
}
