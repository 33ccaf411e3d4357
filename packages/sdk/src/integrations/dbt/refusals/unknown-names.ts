/**
 * Names that parsing passes over and no run can resolve: each is said with its file and line, before it fails in the night. dbt builds the
 * other nodes of such a project, so publishing does, too.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { nearestKeys } from "@headgate/shared/domain/asset-key.ts";
import { z } from "zod";

const unknownName = z.object({
  kind: z.enum(["macro", "var", "materialization"]),
  name: z.string(),
  node: z.string(),
  file: z.string(),
  line: z.number().nullable(),
});
type UnknownName = z.infer<typeof unknownName>;

const MAX_WARNINGS = 20;
const TESTS = ["unique", "not_null", "accepted_values", "relationships"];
const MATERIALIZATIONS = ["table", "view", "incremental", "ephemeral", "materialized_view"];

/** Null for a line that is none of these. */
export function readUnknownName(text: string): UnknownName | null {
  try {
    return unknownName.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

export function unknownNameWarnings(
  found: readonly UnknownName[],
  { shownDir, dir, givesVars }: { readonly shownDir: string; readonly dir: string; readonly givesVars: boolean },
): readonly string[] {
  const wrong = found.filter(({ kind }) => kind !== "var" || !givesVars);
  return wrong.slice(0, MAX_WARNINGS).map((one) => {
    const line = lineOf(join(dir, one.file), one);
    const place = `${join(shownDir, one.file)}${line === undefined ? "" : `:${line}`}`;
    return `${place}: ${one.node} can never run: ${sentenceOf(one)} ${remedyOf(one)}`;
  });
}

/** The name of a generic test, whose macro is called test_<name>. */
function testOf({ name, file }: UnknownName): string | undefined {
  if (!/\.ya?ml$/.test(file)) return undefined;
  return /^(?:(\w+)\.)?test_(\w+)$/.exec(name)?.slice(1).filter(Boolean).join(".");
}

function sentenceOf(one: UnknownName): string {
  const test = testOf(one);
  if (test !== undefined) return `there is no test named '${test}'.`;
  switch (one.kind) {
    case "macro":
      return `there is no macro named '${one.name}'.`;
    case "var":
      return `the variable '${one.name}' has no value and no default.`;
    case "materialization":
      return `the adapter has no materialization '${one.name}'.`;
  }
}

function remedyOf(one: UnknownName): string {
  const test = testOf(one);
  if (test !== undefined) {
    const missing = "Correct the name, define the test in macros or tests/generic, or add its package to packages.yml.";
    return withNearest(missing, test, TESTS);
  }
  switch (one.kind) {
    case "macro":
      return one.name.includes(".")
        ? `Add the package ${one.name.split(".")[0]} to packages.yml and run \`dbt deps\`, or correct the name.`
        : "Define it in the folder macros, put the name of its package before it, or correct the name.";
    case "var":
      return `Give it under vars: in dbt_project.yml or with dbtProject({ vars: { ${one.name}: ... } }), or write var('${one.name}', <default>).`;
    case "materialization":
      return withNearest(`Write one that dbt has: ${MATERIALIZATIONS.join(", ")}.`, one.name, MATERIALIZATIONS);
  }
}

function withNearest(remedy: string, name: string, names: readonly string[]): string {
  const [nearest] = nearestKeys(name, names, 1);
  return nearest === undefined ? remedy : `Did you mean ${nearest}? ${remedy}`;
}

/** dbt counts from the first line that is not empty. */
function lineOf(file: string, { name, line }: UnknownName): number | undefined {
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  const empty = text.slice(0, text.length - text.trimStart().length).split("\n").length - 1;
  if (line !== null) return line + empty;
  const wanted = name.replace(/^(?:\w+\.)?test_/, "");
  const at = text.split("\n").findIndex((one) => one.includes(wanted));
  return at < 0 ? undefined : at + 1;
}
