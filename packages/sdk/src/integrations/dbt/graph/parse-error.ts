/** Turns what dbt says about a project it cannot read into one load error with place and remedy. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { LoadError } from "@headgate/shared/manifest/schema.ts";
import { reasonFirst } from "../report/failure.ts";

const FILE = /\(([^()\s]+\.(?:sql|yml|yaml|py|csv|md))\)|(?:in|file|parsing) ['"]?([^\s'":()]+\.(?:sql|yml|yaml|py))/;
const LINE = /\bline (\d+)/;

const HINTS: readonly (readonly [RegExp, string])[] = [
  [
    /Env var required but not provided: '([^']+)'/,
    "Set $1 in the environment of the agent and of the shell that publishes, or give it with dbtProject({ env: () => ({ $1: ... }) }).",
  ],
  [
    /Could not find profile named '([^']+)'/,
    "Add $1 to profiles.yml in the project's folder, or name another profile with `profile:` in dbt_project.yml or with dbtProject({ profile }).",
  ],
  [/does not have a target named '([^']+)'/, "Add the output $1 to profiles.yml or choose another with dbtProject({ target })."],
  [
    /Could not find adapter type ([\w-]+)/,
    "Install the adapter next to dbt: pip install dbt-$1. If the name is mistyped, correct `type` in profiles.yml.",
  ],
  [
    /profiles\.yml|profiles? (?:directory|file)/i,
    "Put profiles.yml into the project's folder or name its folder with dbtProject({ profilesDir }).",
  ],
  [
    /'([^']*)' is not a valid method name/,
    "Correct `select` or `exclude` of dbtAssets: dbt has no method $1:, but tag:, path:, config: and others.",
  ],
  [/Could not find selector named (\S+?),/, "Add $1 to selectors.yml, or correct `selector` of dbtAssets."],
  [/dbt deps/, "Run `dbt deps` in the project's folder before publishing."],
  [/depends on a (?:node|source) named '([^']+)'/, "Create $1, or correct the ref() or source() that names it."],
];

export function dbtLoadError(input: { readonly message: string; readonly dir: string; readonly shownDir: string }): LoadError {
  const message = input.message.trim().slice(0, 20_000);
  const match = FILE.exec(message);
  const path = match?.[1] ?? match?.[2];
  const line = LINE.exec(message)?.[1];
  const at = line === undefined ? undefined : Number(line);
  const hint = hintFor(message);
  const codeFrame = path === undefined ? undefined : codeFrameOf(join(input.dir, path), at);
  return {
    kind: "project",
    message: `The dbt project in "${input.shownDir}" cannot be read. ${reasonFirst(message)}`.slice(0, 20_000),
    ...(path !== undefined && { file: join(input.shownDir, path) }),
    ...(at !== undefined && { line: at }),
    ...(codeFrame !== undefined && { codeFrame }),
    ...(hint !== undefined && { hint }),
  };
}

function hintFor(message: string): string | undefined {
  for (const [pattern, hint] of HINTS) {
    const match = pattern.exec(message);
    if (match) return hint.replaceAll("$1", match[1] ?? "");
  }
  return undefined;
}

function codeFrameOf(file: string, line: number | undefined): string | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
  const lines = text.split("\n");
  const first = Math.max(1, (line ?? 1) - 3);
  const last = Math.min(lines.length, (line ?? 8) + 3);
  const width = String(last).length;
  return lines
    .slice(first - 1, last)
    .map((content, index) => `${first + index === line ? ">" : " "} ${String(first + index).padStart(width)} | ${content}`)
    .join("\n");
}
