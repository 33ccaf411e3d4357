/** The cursor of a list that goes by the number of its rows. */
import { ok, refuse, type Result } from "@headgate/shared/domain/errors.ts";

/** Null: the first page. */
export function numberOfCursor(cursor: string | null | undefined): Result<number | null> {
  if (!cursor) return ok(null);
  const before = Number(cursor);
  return Number.isSafeInteger(before) ? ok(before) : refuse("invalid_input", "The cursor is not one that this list gave out.");
}
