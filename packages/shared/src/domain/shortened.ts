/** How is somebody's text repeated in a message? Whole when it is short; of a megabyte only its beginning. */
export function shortened(text: string, length = 100): string {
  return text.length <= length ? text : `${text.slice(0, length)}…`;
}
