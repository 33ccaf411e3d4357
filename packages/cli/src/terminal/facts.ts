/** One thing as lines of a title and a value; a fact without a value is not shown. */
import type { Terminal } from "./terminal.ts";

export type Facts = readonly (readonly [title: string, value: string])[];

export function printFacts(terminal: Terminal, facts: Facts): void {
  const shown = facts.filter(([, value]) => value !== "");
  const width = Math.max(0, ...shown.map(([title]) => title.length));
  for (const [title, value] of shown) terminal.print(`${terminal.colors.bold(title.padEnd(width))}  ${value}`);
}
