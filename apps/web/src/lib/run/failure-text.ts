/** Parts of a failure's message and of the text that it is about. Pure. */

/** The first line is the sentence; the others keep their line breaks, so that a caret points where it should. */
export function splitMessage(message: string): { readonly sentence: string; readonly rest: string | null } {
  const lines = message.replace(/\s+$/, "").split("\n");
  const first = lines.findIndex((line) => line.trim() !== "");
  const rest = lines.slice(first + 1);
  while (rest[0]?.trim() === "") rest.shift();
  return { sentence: lines[first]?.trim() ?? "", rest: rest.length === 0 ? null : rest.join("\n") };
}

/** The line of the compiled text that the message of the database names (`LINE 22:`), counted from 1. */
export function namedLine(message: string, text: string): number | null {
  const line = Number(/\bline (\d+)\b/i.exec(message)?.[1] ?? Number.NaN);
  return line >= 1 && line <= text.split("\n").length ? line : null;
}
