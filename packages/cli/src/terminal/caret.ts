/** A line of text and a second one with a caret under the given position; both indented by two. */
export function caretUnder(text: string, position: number): readonly [string, string] {
  const before = text.slice(0, position).replaceAll(/[^\t]/g, " ");
  return [`  ${text}`, `  ${before}^`];
}
