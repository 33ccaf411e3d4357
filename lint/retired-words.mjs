/** Reads the table "Retired words" of docs/glossary.md: `retired`, `use instead`, and `where` they are retired (empty: everywhere). */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { ROOT } from "./ratchet.mjs";

const PLACES = new Set(["docs", "texts", "code"]);

/** `file`: another glossary, for tests. A repository without a glossary has no retired words. */
export function retiredWords(file = process.env.HEADGATE_GLOSSARY ?? path.join(ROOT, "docs/glossary.md")) {
  return existsSync(file) ? parseGlossary(readFileSync(file, "utf8")) : [];
}

export function parseGlossary(markdown) {
  const section = /^## Retired words$([\s\S]*?)(?=^## |$(?![\s\S]))/m.exec(markdown)?.[1];
  if (section === undefined) throw new Error("the glossary has no section 'Retired words'");
  const rows = section.split("\n").filter((line) => line.startsWith("|"));
  const cells = rows.map((row) =>
    row
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll("`", "")),
  );
  if (cells[0]?.join() !== "retired,use instead,where")
    throw new Error("the table of retired words has the columns retired, use instead, where");
  return cells.slice(2).map(([word, use, places]) => {
    const where = places
      .split(",")
      .map((place) => place.trim())
      .filter((place) => place !== "");
    const unknown = where.find((place) => !PLACES.has(place));
    if (word === "" || unknown !== undefined) throw new Error(`the row of '${word}' is wrong: ${unknown ?? "it has no word"}`);
    return { word, use, where, pattern: new RegExp(`(?<![\\w-])${escape(word).replaceAll(" ", "\\s+(?:\\*\\s+)?")}(?![\\w-])`, "i") };
  });
}

/** The retired words that stand in a text of this place: `docs`, `texts`, or `comments`. */
export function findRetired(text, words, place) {
  return words.filter(({ where, pattern }) => (where.length === 0 || where.includes(place)) && pattern.test(text));
}

/** The prose of a Markdown document: without code. */
export function proseOf(markdown) {
  return markdown
    .replaceAll(/^(```|~~~)[\s\S]*?^\1/gm, "")
    .replaceAll(/`[^`\n]*`/g, "")
    .replaceAll(/\]\([^)]*\)/g, "]");
}

/** The texts of a Svelte file that stand in its markup. */
export function markupOf(svelte) {
  return svelte
    .replaceAll(/<(script|style)[\s\S]*?<\/\1>/g, "")
    .replaceAll(/<[a-zA-Z/][^>]*>/g, "\n")
    .replaceAll(/\{[^{}]*\}/g, "\n");
}

const escape = (text) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
