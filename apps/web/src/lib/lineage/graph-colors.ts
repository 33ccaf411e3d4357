/** Canvas colours, read from the theme's custom properties. */
import type { Tone } from "#lib/status/status-style.ts";
import { TONE_PROPERTY } from "#lib/status/tone-colors.ts";
import type { GraphColors } from "./draw-graph.ts";

/** `dark` only makes callers depend on the theme; the values come from the element. */
export function graphColors(element: Element, dark: boolean, toneOf: (node: number) => Tone): GraphColors {
  const style = getComputedStyle(element);
  const value = (name: string) => style.getPropertyValue(name).trim();
  const fill = new Map(Object.entries(TONE_PROPERTY).map(([tone, name]) => [tone, value(name)]));
  return {
    edge: value("--line-strong"),
    edgeStrong: value("--accent"),
    font: style.fontFamily,
    text: dark ? "#06121a" : "#ffffff",
    cell: (node) => fill.get(toneOf(node)) ?? value("--idle"),
  };
}
