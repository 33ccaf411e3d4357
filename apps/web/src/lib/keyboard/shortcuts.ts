/** Which action do these key presses ask for? Two-key sequences (`g a`), single keys and the palette's chord; typing into a field never triggers one. */
export interface KeyPress {
  readonly key: string;
  readonly at: number;
  readonly modifier: boolean;
  readonly alt: boolean;
  readonly inField: boolean;
}
export const GO_TO = {
  h: "home",
  a: "assets",
  l: "lineage",
  r: "runs",
  t: "timeline",
  q: "queue",
  u: "automations",
  b: "backfills",
  j: "jobs",
  c: "code",
  g: "agents",
} as const;
export type GoTo = (typeof GO_TO)[keyof typeof GO_TO];
export type ShortcutAction =
  | { readonly type: "go"; readonly to: GoTo }
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
    const to = isGoKey(press.key) ? GO_TO[press.key] : null;
    return { sequence: NO_SEQUENCE, action: to ? { type: "go", to } : null };
  }
  if (press.key === "g") return { sequence: { startedAt: press.at }, action: null };
  if (press.key === "/") return { sequence: NO_SEQUENCE, action: { type: "filter" } };
  if (press.key === "?") return { sequence: NO_SEQUENCE, action: { type: "help" } };
  return { sequence: NO_SEQUENCE, action: null };
}

function isGoKey(key: string): key is keyof typeof GO_TO {
  return Object.hasOwn(GO_TO, key);
}

export const KEY_HELP: readonly { readonly keys: string; readonly what: string }[] = [
  { keys: "⌘ K / Ctrl K", what: "Find anything, or run an action" },
  { keys: "/", what: "Filter the list on this page" },
  { keys: "g h", what: "Home" },
  { keys: "g a", what: "Assets" },
  { keys: "g l", what: "Lineage" },
  { keys: "g r", what: "Runs" },
  { keys: "g t", what: "Timeline" },
  { keys: "g q", what: "Queue" },
  { keys: "g u", what: "Automation" },
  { keys: "g b", what: "Backfills" },
  { keys: "g j", what: "Jobs" },
  { keys: "g c", what: "Code" },
  { keys: "g g", what: "Agents" },
  { keys: "?", what: "This help" },
];
