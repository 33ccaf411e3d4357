import { describe, expect, it } from "vitest";
import { isTextTooDeep, isTooDeep, MAX_JSON_DEPTH } from "./json.ts";

const nested = (depth: number, open = "[", close = "]") => open.repeat(depth) + close.repeat(depth);

describe("the depth of JSON", () => {
  it("the deepest nesting is taken and one more is not", () => {
    expect(isTextTooDeep(nested(MAX_JSON_DEPTH))).toBe(false);
    expect(isTextTooDeep(nested(MAX_JSON_DEPTH + 1))).toBe(true);
    expect(isTextTooDeep('{"a":'.repeat(MAX_JSON_DEPTH + 1))).toBe(true);
    expect(isTooDeep(JSON.parse(nested(MAX_JSON_DEPTH)))).toBe(false);
    expect(isTooDeep(JSON.parse(nested(MAX_JSON_DEPTH + 2)))).toBe(true);
  });

  it("brackets in texts and neighbours are not nesting", () => {
    expect(isTextTooDeep(JSON.stringify({ a: "[".repeat(5000), b: '\\"['.repeat(5000) }))).toBe(false);
    expect(isTextTooDeep(`[${"[],".repeat(5000)}[]]`)).toBe(false);
    expect(isTooDeep(Array.from({ length: 5000 }, () => [[]]))).toBe(false);
  });
});
