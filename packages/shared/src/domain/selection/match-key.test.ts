import { describe, expect, it } from "vitest";
import * as fc from "fast-check";
import { matchesWildcard } from "./match-key.ts";
import { propertyRuns } from "../property-runs.test-support.ts";

describe("matchesWildcard", () => {
  it("agrees with a regular expression", () => {
    const word = fc.array(fc.constantFrom("a", "b", "/", "*"), { maxLength: 8 }).map((letters) => letters.join(""));
    fc.assert(
      fc.property(
        word,
        word.map((drawn) => drawn.replaceAll("*", "a")),
        (pattern, key) => {
          expect(matchesWildcard(pattern, key)).toBe(new RegExp(`^${pattern.replaceAll("*", ".*")}$`).test(key));
        },
      ),
      { seed: 5, numRuns: propertyRuns(2000) },
    );
  });
});
