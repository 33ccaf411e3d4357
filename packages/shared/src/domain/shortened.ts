/** Shortens a foreign text for a message: whole when it is short, only its beginning when it is long. */
export function shortened(text: string, length = 100): string {
  return text.length <= length ? text : `${text.slice(0, length)}…`;
}
