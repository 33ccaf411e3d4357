/** Shortens texts to a size in JSON and says what is missing. */

/** Bytes that a value takes in a report. */
export function jsonBytes(value: unknown): number {
  return encoder.encode(JSON.stringify(value)).length;
}
const encoder = new TextEncoder();

/** At most `bytes` in JSON and about `characters`, with a note of how much was cut. */
export function cutText(text: string, bytes: number, characters = Number.POSITIVE_INFINITY): string {
  if (text.length <= characters && (text.length * 6 + 2 <= bytes || jsonBytes(text) <= bytes)) return text;
  const note = (kept: number): string => `… [${text.length - kept} of ${text.length} characters cut]`;
  const room = Math.max(0, bytes - jsonBytes(note(0)));
  // A character takes one byte at least, and more characters never take less.
  let [fits, tooMuch] = [0, Math.min(text.length, room, characters) + 1];
  while (tooMuch - fits > 1) {
    const middle = Math.floor((fits + tooMuch) / 2);
    if (jsonBytes(text.slice(0, middle)) <= room) fits = middle;
    else tooMuch = middle;
  }
  // No half of a character that takes two places.
  const end = /[\uD800-\uDBFF]$/.test(text.slice(0, fits)) ? fits - 1 : fits;
  return `${text.slice(0, end)}${note(end)}`;
}
