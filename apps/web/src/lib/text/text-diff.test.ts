import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { diffTexts } from "./text-diff.ts";

describe("text diff", () => {
  it("one changed JSON value is one changed line", () => {
    expect(diffTexts('{"last":"a","seen":1}', '{"last":"b","seen":1}')).toEqual([
      { sign: " ", text: "{" },
      { sign: "-", text: '  "last": "a",' },
      { sign: "+", text: '  "last": "b",' },
      { sign: " ", text: '  "seen": 1' },
      { sign: " ", text: "}" },
    ]);
  });

  it("an empty side makes every line removed or added", () => {
    expect(diffTexts("a", null)).toEqual([{ sign: "-", text: "a" }]);
    expect(diffTexts(null, "a")).toEqual([{ sign: "+", text: "a" }]);
    expect(diffTexts(null, "")).toEqual([]);
  });

  it("a diff always contains both texts", () => {
    const lines = fc.array(fc.constantFrom("a", "b", "c", "d"), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(lines, lines, (before, after) => {
        const diff = diffTexts(before.join("\n"), after.join("\n"));
        expect(diff.filter(({ sign }) => sign !== "+").map(({ text }) => text)).toEqual(before);
        expect(diff.filter(({ sign }) => sign !== "-").map(({ text }) => text)).toEqual(after);
      }),
      { seed: 5 },
    );
  });
});
