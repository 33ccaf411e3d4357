/** Writes a selection as the shortest text that `parseSelection` reads back as the same tree, with brackets only where they are needed. */
import { assertNever } from "../assert.ts";
import type { Selection, TraversalDepth } from "./ast.ts";
import { isPlainValue, isWord, quoted } from "./tokens.ts";

/** How strongly a form binds; an operand that binds less than its place demands goes into brackets. */
const BINDING = { or: 1, and: 2, not: 3, traverse: 4, atom: 5 } as const;
const RESERVED = new Set(["and", "or", "not"]);
/** Words that are tokens of their own in Dagster, where they need quotes as a value. */
const DAGSTER_WORDS = new Set(
  "and or not key tag owner group kind is status column table_name column_tag code_location changed_in_branch partitions automation_type sensor schedule job sinks roots".split(
    " ",
  ),
);

export function printSelection(selection: Selection): string {
  switch (selection.type) {
    case "all":
      return "*";
    case "key":
      return selection.exact ? `key:${quoted(selection.pattern)}` : printWord(selection.pattern);
    case "tag":
      return `${selection.name}:${printValue(selection.key)}${selection.value === "" ? "" : `=${printValue(selection.value)}`}`;
    case "attribute":
      return `${selection.name}:${selection.value === null ? "<null>" : printValue(selection.value)}`;
    case "and":
    case "or": {
      const place = BINDING[selection.type] + 1;
      return selection.of.map((part) => operand(part, place)).join(` ${selection.type} `);
    }
    case "not":
      return `not ${operand(selection.of, BINDING.not)}`;
    case "roots":
    case "sinks":
      return `${selection.type}(${printSelection(selection.of)})`;
    case "traverse":
      return `${printUp(selection.up)}${operand(selection.of, BINDING.atom)}${printDown(selection.down)}`;
    default:
      return assertNever(selection);
  }
}

function operand(selection: Selection, place: number): string {
  const text = printSelection(selection);
  return bindingOf(selection) < place ? `(${text})` : text;
}

function bindingOf({ type }: Selection): number {
  return type === "or" || type === "and" || type === "not" || type === "traverse" ? BINDING[type] : BINDING.atom;
}

function printUp(depth: TraversalDepth): string {
  return depth === 0 ? "" : depth === "all" ? "+" : `${depth}+`;
}

function printDown(depth: TraversalDepth): string {
  return depth === 0 ? "" : depth === "all" ? "+" : `+${depth}`;
}

function printValue(value: string): string {
  return isPlainValue(value) && !DAGSTER_WORDS.has(value) ? value : quoted(value);
}

function printWord(word: string): string {
  return isWord(word) && !RESERVED.has(word.toLowerCase()) && !/^[0-9]+$/.test(word) ? word : quoted(word);
}
