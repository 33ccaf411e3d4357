import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ansiToHtml } from "./ansi.ts";

const style = readFileSync(new URL("../../app.css", import.meta.url), "utf8");
const NAMES = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];
const THEMES = [":root", '[data-theme="dark"]'] as const;

function colorOf(theme: (typeof THEMES)[number], name: string): string {
  const block = style.slice(style.indexOf(`${theme} {`)).split("}")[0] ?? "";
  return new RegExp(`--${name}: (#[0-9a-f]{6});`).exec(block)?.[1] ?? "none";
}

/** As WCAG defines it: 4.5 is readable. */
function contrast(one: string, other: string): number {
  const light = (color: string): number => {
    const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
      const part = Number.parseInt(color.slice(at, at + 2), 16) / 255;
      return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [low = 0, high = 0] = [light(one), light(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

describe("terminal colours", () => {
  it("colours become classes and never raw escapes", () => {
    const html = ansiToHtml("\u001B[31mERROR\u001B[0m creating table");
    expect(html).toContain("ansi-red-fg");
    expect(html).not.toContain("\u001B");
  });

  it.each(Array.from({ length: 16 }, (_, index) => index))("colour %i has a style in text and behind text", (index) => {
    const [foreground, background] = index < 8 ? [30 + index, 40 + index] : [82 + index, 92 + index];
    const html = ansiToHtml(`\u001B[${foreground};${background}mtext`);
    const classes = /class="([^"]+)"/.exec(html)?.[1]?.split(" ") ?? [];
    expect(classes).toHaveLength(2);
    for (const name of classes) expect(style).toContain(`.${name} {`);
  });

  it.each(THEMES.flatMap((theme) => NAMES.flatMap((name) => [name, `bright-${name}`].map((shade) => [theme, shade] as const))))(
    "in %s the colour %s is readable",
    (theme, name) => {
      for (const ground of ["panel", "canvas", "bad-soft"])
        expect(contrast(colorOf(theme, `ansi-${name}`), colorOf(theme, ground)), ground).toBeGreaterThanOrEqual(4.5);
    },
  );

  it("markup is escaped", () => {
    expect(ansiToHtml("<img src=x onerror=alert(1)>")).not.toContain("<img");
    expect(ansiToHtml("\u001B]8;;javascript:alert(1)\u001B\\click\u001B]8;;\u001B\\")).not.toContain("javascript:");
  });
});
