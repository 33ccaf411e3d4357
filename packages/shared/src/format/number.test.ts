import { describe, expect, it } from "vitest";
import { formatBytes, formatCompact, plural } from "./number.ts";

describe("a count", () => {
  it("groups its digits and takes the right form of the word", () => {
    expect(plural(1, "asset")).toBe("1 asset");
    expect(plural(1204, "asset")).toBe("1,204 assets");
    expect(formatCompact(1_250_000)).toBe("1.3M");
    expect(formatBytes(1536)).toBe("1.5 KiB");
  });
});
