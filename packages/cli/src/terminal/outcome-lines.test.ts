import { createColors } from "picocolors";
import { describe, expect, it } from "vitest";
import { countsText, outcomeLines } from "./outcome-lines.ts";

const colors = createColors(false);

describe("the contents of a version", () => {
  it("are counted without the kinds that it does not have", () => {
    expect(countsText({ assets: 1, checks: 0, jobs: 2, schedules: 0, sensors: 0 })).toBe("1 asset, 2 jobs");
    expect(countsText({ assets: 0, checks: 0, jobs: 0, schedules: 0, sensors: 0 })).toBe("0 assets");
  });
});

describe("the result of publishing a code location", () => {
  it("says that the version before stays active when the code does not load", () => {
    const outcome = { ok: false, name: "shop", problems: [{ kind: "syntax", message: "Unexpected ;", file: "a.ts", line: 3 }] } as const;
    expect(outcomeLines(outcome, colors)).toEqual([
      "✗ shop does not load; the version before stays active",
      "",
      "  syntax error a.ts:3",
      "    Unexpected ;",
      "",
    ]);
  });
});
