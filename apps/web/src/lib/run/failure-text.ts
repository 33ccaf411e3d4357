/** Parts of a failure's message and of the text that it is about. Pure. */

/** The first line is the sentence; the others keep their line breaks, so that a caret points where it should. */
export function splitMessage(message: string): { readonly sentence: string; readonly rest: string | null } {
  const lines = message.replace(/\s+$/, "").split("\n");
  const first = lines.findIndex((line) => line.trim() !== "");
  const rest = lines.slice(first + 1);
  while (rest[0]?.trim() === "") rest.shift();
  return { sentence: lines[first]?.trim() ?? "", rest: rest.length === 0 ? null : rest.join("\n") };
}

/**
 * The line of the text that the message of the database is about, counted from 1. The database counts lines of the whole statement, of which
 * the text may be a part, so the line is found by what the message quotes of it. Null if that is not certain.
 */
export function namedLine(message: string, text: string): number | null {
  const [, named = "", quoted = ""] = /\bline (\d+)(?::(?!\d)(.*))?/i.exec(message) ?? [];
  const lines = text.split("\n").slice(0, Number(named));
  const snippet = quoted.replaceAll("...", "").trim();
  if (snippet !== "") {
    const at = lines.flatMap((line, index) => (line.includes(snippet) ? [index + 1] : []));
    return at.length === 1 ? (at[0] ?? null) : null;
  }
  const words = [...message.matchAll(/'([^'\n]+)'|"([^"\n]+)"/g)].map(([, single, double]) => single ?? double ?? "");
  const nearest = lines.findLastIndex((line) => words.some((word) => line.includes(word)));
  return nearest < 0 ? null : nearest + 1;
}
