/** The largest cursor of a sensor. It is stored twice in the row of each tick, and rows have a limit in bytes. */
import { z } from "zod";

export const MAX_CURSOR_BYTES = 200_000;

export function fitsCursor(cursor: string): boolean {
  // No character is more than three bytes long.
  return cursor.length * 3 <= MAX_CURSOR_BYTES || new TextEncoder().encode(cursor).length <= MAX_CURSOR_BYTES;
}

export const sensorCursorSchema = z
  .string()
  .max(MAX_CURSOR_BYTES)
  .refine(fitsCursor, { error: `A cursor has at most ${MAX_CURSOR_BYTES} bytes in UTF-8.` });
