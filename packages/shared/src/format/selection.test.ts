import { describe, expect, it } from "vitest";
import { formatSelection } from "./selection.ts";

describe("a selection in words", () => {
  it("shows a list of exact keys as the keys", () => {
    expect(formatSelection('key:"a/b" or key:"c"')).toBe("a/b, c");
    expect(formatSelection('key:"a" or key:"b" or key:"c" or key:"d"')).toBe("a, b and 2 more");
    expect(formatSelection("group:gold")).toBe("group:gold");
    expect(formatSelection("*")).toBe("all assets");
  });
});
