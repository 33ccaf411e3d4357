/** What went wrong with a dbt node, in words and with its compiled SQL. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Failure } from "@headgate/shared/domain/run/failure.ts";
import type { DbtManifestNode } from "../graph/dbt-manifest.ts";

const MAX_SQL = 100_000;

export function nodeFailure(node: DbtManifestNode, message: string, targetPath: string): Failure {
  const sql = compiledSql(node, targetPath);
  return { kind: "dbt", message: withoutHeadings(cleanMessage(message)), ...(sql !== null && { source: { language: "sql", text: sql } }) };
}

/** dbt indents the database's message and adds where it wrote the compiled code, which is shown beside it. */
export function cleanMessage(message: string): string {
  const lines = message.split("\n").map((line) => line.replace(/^ {2}/, "").trimEnd());
  const kept = lines.filter((line) => !line.trim().startsWith("compiled code at "));
  return kept.join("\n").trim().slice(0, 20_000);
}

/** Headings that dbt puts over what happened; a person who sees one line would learn nothing from them. */
const HEADING =
  /^(?:Encountered an error:|(?:Runtime|Compilation|Database|Parsing|Dependency|Usage|Internal|Validation|dbt Runtime) Error\b.*|Python model failed:|Traceback \(most recent call last\):|\s*)$/;

/** The same message with a line in front that says what happened: the last line of a Python traceback, else the first that is no heading. */
export function reasonFirst(message: string): string {
  const lines = message.split("\n");
  const first = lines[0] ?? "";
  if (!HEADING.test(first)) return message;
  const traceback = lines.findIndex((line) => line.trim().startsWith("Traceback (most recent call last)"));
  const reason =
    traceback >= 0 ? lines.findLast((line) => /^\s*[A-Za-z_][\w.]*(?:Error|Exception|Warning|Interrupt|Exit)\b/.test(line)) : undefined;
  const found = (reason ?? lines.find((line) => !HEADING.test(line.trim())))?.trim();
  if (found === undefined) return message;
  // A single heading and its text need no repetition.
  const rest = lines.filter((line) => !HEADING.test(line.trim()));
  return traceback < 0 && rest.length <= 2 ? rest.map((line) => line.trim()).join("\n") : `${found}\n${message}`;
}

/** A node's headings name the node and its file, which the asset shows anyway. A traceback stays whole, behind its reason. */
export function withoutHeadings(message: string): string {
  if (message.includes("Traceback (most recent call last)")) return reasonFirst(message);
  const lines = message.split("\n");
  const first = lines.findIndex((line) => !HEADING.test(line.trim()));
  return first < 0 ? message : lines.slice(first).join("\n").trim();
}

/** The lines after the first, behind an empty line: where the database says the fault is. */
export function linesAfterReason(message: string): string {
  const rest = message.split("\n").slice(1).join("\n").trimEnd();
  return rest.trim() === "" ? "" : `\n${rest}`;
}

/** The reason for lists: two lines of it, without headings. */
export function inOneLine(message: string): string {
  const [first = "", second = ""] = reasonFirst(message).split("\n");
  return (HEADING.test(second.trim()) ? first : `${first} ${second.trim()}`).slice(0, 500);
}

/** The SELECT as compiled; where compilation failed, nothing. */
export function compiledSql(node: DbtManifestNode, targetPath: string): string | null {
  if (node.resource_type === "seed") return null;
  const generic = node.resource_type === "test" && node.original_file_path !== node.path && !node.original_file_path.endsWith(".sql");
  const file = generic ? join(node.original_file_path, node.path) : node.original_file_path;
  for (const kind of ["compiled", "run"]) {
    try {
      const text = readFileSync(join(targetPath, kind, node.package_name, file), "utf8").trim();
      if (text !== "") return text.slice(0, MAX_SQL);
    } catch {
      continue;
    }
  }
  return null;
}
