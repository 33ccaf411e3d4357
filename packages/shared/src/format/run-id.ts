/** A run id in lists and sentences: its end is enough to recognise it. */
export function shortRunId(id: string): string {
  return id.slice(-8);
}
