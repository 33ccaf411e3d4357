/** Parses the cursor of a list that is sorted by row number. */
import { ok, refuse, type Result } from "@headgate/shared/domain/errors.ts";

/** Returns null for the first page. */
export function numberOfCursor(cursor: string | null | undefined): Result<number | null> {
  if (!cursor) return ok(null);
  const before = Number(cursor);
  return Number.isSafeInteger(before) ? ok(before) : refuse("invalid_input", "The cursor does not belong to this list.");
}
