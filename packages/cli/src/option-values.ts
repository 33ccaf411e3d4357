/** Values of options: a wrong one is refused with a sentence before anything happens. */
import { InvalidArgumentError } from "commander";

export function port(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 65_535) throw new InvalidArgumentError("A port is a whole number from 1 to 65535.");
  return value;
}

export function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("Give a whole number above 0.");
  return value;
}

export function integer(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value)) throw new InvalidArgumentError("Give a whole number.");
  return value;
}

export function upTo(limit: number): (text: string) => number {
  return (text) => {
    const value = positiveInteger(text);
    if (value > limit) throw new InvalidArgumentError(`At most ${limit}.`);
    return value;
  };
}

export function collect(value: string, previous: readonly string[]): readonly string[] {
  return [...previous, value];
}
