/** Values of options. A wrong value is refused with a sentence before anything happens. */
import { InvalidArgumentError } from "commander";
import { AppError } from "@headgate/shared/domain/errors.ts";

export function port(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 65_535)
    throw new InvalidArgumentError("A port is a whole number from 1 to 65535, e.g. 4400.");
  return value;
}

export function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("Give a whole number above 0, e.g. 20.");
  return value;
}

export function integer(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value)) throw new InvalidArgumentError("Give a whole number, e.g. 5 or -5.");
  return value;
}

export function upTo(limit: number): (text: string) => number {
  return (text) => {
    const value = positiveInteger(text);
    if (value > limit) throw new InvalidArgumentError(`At most ${limit}.`);
    return value;
  };
}

/** Names of namespaces and releases: what Helm takes for both. */
export function kubernetesName(text: string): string {
  if (/^[a-z0-9]([-a-z0-9]{0,51}[a-z0-9])?$/.test(text)) return text;
  throw new InvalidArgumentError("A name in Kubernetes has at most 53 small letters, digits and '-', and begins and ends without '-'.");
}

/** Without an offset it is a time in the zone of this machine. That includes a date alone, which JavaScript would read as UTC. */
export function moment(text: string): number {
  const at = Date.parse(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00` : text);
  if (Number.isNaN(at))
    throw new InvalidArgumentError(`'${text}' is not a time. Write it like 2025-01-31T02:00:00Z or 2025-01-31T02:00+01:00.`);
  return at;
}

const UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** In milliseconds. */
export function duration(text: string): number {
  const [, count = "", unit = ""] = /^(\d+)([mhd])$/.exec(text) ?? [];
  const ms = Number(count) * (UNIT_MS[unit] ?? 0);
  if (ms === 0) throw new InvalidArgumentError("Write a duration like 30m, 8h or 7d.");
  return ms;
}

export function oneOf<T extends string>(known: readonly T[]): (text: string, previous: readonly T[]) => readonly T[] {
  return (text, previous) => {
    const value = known.find((candidate) => candidate === text);
    if (value === undefined) throw new InvalidArgumentError(`One of ${known.join(", ")}.`);
    return [...previous, value];
  };
}

export function collect(value: string, previous: readonly string[]): readonly string[] {
  return [...previous, value];
}

/** Entries of a repeatable option like `--tag key=value`; `what` names one of them in the error, e.g. `The tag`. */
export function keyValuePairs(entries: readonly string[], what: string): Record<string, string> {
  return Object.fromEntries(
    entries.map((entry) => {
      const at = entry.indexOf("=");
      if (at < 1) throw new AppError("invalid_input", `${what} '${entry}' must have the form key=value.`);
      return [entry.slice(0, at), entry.slice(at + 1)];
    }),
  );
}
