import { describe, expect, it } from "vitest";
import { ansiToHtml } from "./ansi.ts";

describe("terminal colours", () => {
  it("colours become classes and never raw escapes", () => {
    const html = ansiToHtml("\u001B[31mERROR\u001B[0m creating table");
    expect(html).toContain("ansi-red-fg");
    expect(html).not.toContain("\u001B");
  });

  it("markup is escaped", () => {
    expect(ansiToHtml("<img src=x onerror=alert(1)>")).not.toContain("<img");
    expect(ansiToHtml("\u001B]8;;javascript:alert(1)\u001B\\click\u001B]8;;\u001B\\")).not.toContain("javascript:");
  });
});
