/** Pages of lists: how much one answer holds, and the cursor of a list that is sorted by row number. */
import { ok, refuse, type Result } from "@headgate/shared/domain/errors.ts";

/** Keeps an answer far below the limits of a message, of a Worker and of a browser tab, however long its rows are. */
export const MAX_ANSWER_CHARACTERS = 1_000_000;

/** The rows that fit into an answer, at least one, and whether others follow. */
export function cutPage<T>(
  rows: Iterable<T>,
  { limit, sizeOf }: { readonly limit: number; readonly sizeOf: (row: T) => number },
): { readonly page: T[]; readonly more: boolean } {
  let left = MAX_ANSWER_CHARACTERS;
  const page: T[] = [];
  for (const row of rows) {
    left -= sizeOf(row);
    if (page.length >= limit || (page.length > 0 && left < 0)) return { page, more: true };
    page.push(row);
  }
  return { page, more: false };
}

/** Returns null for the first page. */
export function numberOfCursor(cursor: string | null | undefined): Result<number | null> {
  if (!cursor) return ok(null);
  const before = Number(cursor);
  return Number.isSafeInteger(before) ? ok(before) : refuse("invalid_input", "The cursor does not belong to this list.");
}
