/** Ids of backfills: their number in the deployment with a prefix, e.g. `bf_12`. */

export function backfillId(no: number): string {
  return `bf_${no}`;
}

/** Null: the text is not the id of a backfill. */
export function backfillNo(id: string): number | null {
  const match = /^bf_([1-9]\d{0,14})$/.exec(id);
  return match ? Number(match[1]) : null;
}
