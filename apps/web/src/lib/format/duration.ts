/** How is a length of time written? Two units at most, so that a column of durations can be scanned: `820 ms`, `4.2 s`, `3 min 05 s`, `2 h 10 min`. */
export function formatDuration(ms: number): string {
  if (ms < 1) return "<1 ms";
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${(Math.floor(ms / 100) / 10).toFixed(1)} s`;
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${pad(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${pad(minutes % 60)} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** A length that somebody chose, without its empty unit: `10 min`, `24 h`, `1 h 30 min`. */
export function formatSpan(ms: number): string {
  return formatDuration(ms)
    .replace(/ 0+ (?:s|min|h)$/, "")
    .replace(/^(\d+)\.0 s$/, "$1 s");
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
}
