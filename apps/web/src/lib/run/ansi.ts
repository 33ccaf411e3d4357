/** Terminal colours as HTML. The library escapes text; colours become classes, so no inline style is needed. */
import { AnsiUp } from "ansi_up";

export function hasAnsi(text: string): boolean {
  return text.includes("\u001B[");
}

export function ansiToHtml(text: string): string {
  const converter = new AnsiUp();
  converter.use_classes = true;
  // Links in escape sequences could point anywhere.
  converter.url_allowlist = {};
  return converter.ansi_to_html(text);
}
