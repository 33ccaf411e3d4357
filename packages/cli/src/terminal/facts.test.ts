import { describe, expect, it } from "vitest";
import { printFacts } from "./facts.ts";
import { collectingTerminal } from "./collecting-terminal.test-support.ts";

describe("facts on the terminal", () => {
  it("line up, and those without a value are not shown", () => {
    const { terminal, out } = collectingTerminal();
    printFacts(terminal, [
      ["run", "r1"],
      ["a title that is not shown", ""],
      ["status", "failed"],
    ]);
    expect(out()).toBe("run     r1\nstatus  failed\n");
  });
});
