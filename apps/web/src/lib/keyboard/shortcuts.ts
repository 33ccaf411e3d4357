/**
 * Which action do these key presses ask for? Two-key sequences (`g a`), single keys and the palette's chord. Typing into a field triggers
 * none but the chord.
 */
import { PLACES, type Place } from "#lib/places.ts";

export interface KeyPress {
  readonly key: string;
  readonly at: number;
  readonly modifier: boolean;
  readonly alt: boolean;
  readonly inField: boolean;
}
export type ShortcutAction =
  | { readonly type: "go"; readonly to: Place }
  | { readonly type: "palette" }
  | { readonly type: "filter" }
  | { readonly type: "help" };

const SEQUENCE_MS = 1200;

export interface Sequence {
  /** When `g` was pressed; null outside a sequence. */
  readonly startedAt: number | null;
}
export const NO_SEQUENCE: Sequence = { startedAt: null };

export function pressKey(sequence: Sequence, press: KeyPress): { readonly sequence: Sequence; readonly action: ShortcutAction | null } {
  if (press.modifier) return { sequence: NO_SEQUENCE, action: press.key.toLowerCase() === "k" && !press.alt ? { type: "palette" } : null };
  if (press.inField || press.alt) return { sequence: NO_SEQUENCE, action: null };
  if (sequence.startedAt !== null && press.at - sequence.startedAt <= SEQUENCE_MS) {
    const to = PLACES.find((place) => place.key === press.key);
    return { sequence: NO_SEQUENCE, action: to ? { type: "go", to } : null };
  }
  if (press.key === "g") return { sequence: { startedAt: press.at }, action: null };
  if (press.key === "/") return { sequence: NO_SEQUENCE, action: { type: "filter" } };
  if (press.key === "?") return { sequence: NO_SEQUENCE, action: { type: "help" } };
  return { sequence: NO_SEQUENCE, action: null };
}

export const KEY_HELP: readonly { readonly keys: string; readonly what: string }[] = [
  { keys: "⌘ K / Ctrl K", what: "Search, or run an action" },
  { keys: "/", what: "Filter the list on this page" },
  ...PLACES.map(({ key, label }) => ({ keys: `g ${key}`, what: label })),
  { keys: "?", what: "Show this help" },
];
