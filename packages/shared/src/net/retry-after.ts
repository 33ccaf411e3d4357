/** Reads the HTTP header `Retry-After`, which is a number of seconds or a date. Milliseconds; null if it is absent or says nothing. */
export function retryAfterMs(header: string | null | undefined, now: number): number | null {
  if (header === null || header === undefined || header.trim() === "") return null;
  const wait = /^[\d.]+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isFinite(wait) ? Math.max(wait, 0) : null;
}
