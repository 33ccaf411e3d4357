/**
 * A few source lines around a place. The user's files are not on the agent: their text is in the source map beside the bundle.
 * Maps are read only when something failed.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const BEFORE = 3;
const AFTER = 2;
const MAX_LINE = 200;

export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column?: number | undefined;
}

export function codeFrameAt(place: Place): string | undefined {
  const text = sourceText(place.file);
  return text === undefined ? undefined : drawFrame(text, place);
}

export function drawFrame(text: string, place: Omit<Place, "file">): string | undefined {
  const lines = text.split(/\r?\n/);
  if (place.line < 1 || place.line > lines.length) return undefined;
  const first = Math.max(1, place.line - BEFORE);
  const last = Math.min(lines.length, place.line + AFTER);
  const width = String(last).length;
  const drawn: string[] = [];
  for (let number = first; number <= last; number++) {
    const line = (lines[number - 1] ?? "").slice(0, MAX_LINE);
    drawn.push(`${number === place.line ? ">" : " "} ${String(number).padStart(width)} | ${line}`.trimEnd());
    if (number === place.line && place.column !== undefined && place.column <= line.length + 1) {
      // A tab keeps its width only when it is repeated.
      const indent = line.slice(0, place.column - 1).replace(/[^\t]/g, " ");
      drawn.push(`  ${" ".repeat(width)} | ${indent}^`);
    }
  }
  return drawn.join("\n");
}

/** The map beside the bundle comes first: a file of the same name on this machine may be another version. */
function sourceText(file: string): string | undefined {
  return textFromMaps(file) ?? readText(file);
}

function textFromMaps(file: string): string | undefined {
  const folder = dirname(fileURLToPath(import.meta.url));
  let maps: string[];
  try {
    maps = readdirSync(folder).filter((name) => name.endsWith(".map"));
  } catch {
    return undefined;
  }
  for (const name of maps) {
    const text = readText(join(folder, name));
    if (text === undefined) continue;
    const found = textInMap(text, { file, folder });
    if (found !== undefined) return found;
  }
  return undefined;
}

function textInMap(text: string, wanted: { file: string; folder: string }): string | undefined {
  let map: { sources?: readonly (string | null)[]; sourcesContent?: readonly (string | null)[]; sourceRoot?: string };
  try {
    map = JSON.parse(text) as typeof map;
  } catch {
    return undefined;
  }
  const index = (map.sources ?? []).findIndex((source) => source !== null && toPath(source, wanted.folder, map.sourceRoot) === wanted.file);
  return index < 0 ? undefined : (map.sourcesContent?.[index] ?? undefined);
}

function toPath(source: string, folder: string, root = ""): string {
  return source.startsWith("file://") ? fileURLToPath(source) : resolve(folder, root, source);
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
