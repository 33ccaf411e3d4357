/** Validates keys of a dynamic partition set while a person types, by the control plane's rules. Pure. */
import { DIMENSION_SEPARATOR, RANGE_SEPARATOR } from "@headgate/shared/domain/partitions/partition-set.ts";

const MAX_LENGTH = 400;

/** One key per line; empty lines are ignored. */
export function keysOfText(text: string): string[] {
  return [
    ...new Set(
      text
        .split("\n")
        .map((line) => line.trim())
        .filter((line) => line !== ""),
    ),
  ];
}

export function keyProblem(key: string): string | null {
  if (key.length > MAX_LENGTH) return `"${key.slice(0, 30)}…" is longer than ${MAX_LENGTH} characters.`;
  for (const separator of [RANGE_SEPARATOR, DIMENSION_SEPARATOR])
    if (key.includes(separator)) return `"${key}" contains "${separator}", which separates partition keys.`;
  if (hasControlCharacter(key)) return `"${key}" contains a control character.`;
  return null;
}

function hasControlCharacter(key: string): boolean {
  for (let at = 0; at < key.length; at++) if (key.charCodeAt(at) < 32) return true;
  return false;
}
