/** Times and quantities as Kubernetes writes them. */
const UNITS = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, k: 1e3, M: 1e6, G: 1e9, T: 1e12, m: 1e-3, "": 1 };

/** `512Mi` -> bytes, `250m` -> processors. */
export function quantity(text) {
  const [, number, unit] = /^([\d.]+)([A-Za-z]*)$/.exec(String(text));
  return Number(number) * (UNITS[unit] ?? 1);
}

/** Whole seconds. */
export const timestamp = () => new Date().toISOString().replace(/\.\d+Z$/, "Z");
/** With microseconds, as leases and log lines have them. */
export const microTime = () => new Date().toISOString().replace(/Z$/, "000Z");
