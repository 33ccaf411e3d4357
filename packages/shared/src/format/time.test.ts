import { describe, expect, it } from "vitest";
import { formatAbsolute, formatClock, formatPrecise, formatRelative, formatShort, formatTimestamp, zoneName } from "./time.ts";

describe("a moment", () => {
  it("is told as how long ago or how soon", () => {
    const now = 1_790_000_000_000;
    expect([2_000, 42_000, 720_000, 7_200_000, 300_000_000].map((ago) => formatRelative(now - ago, now))).toEqual([
      "just now",
      "42 s ago",
      "12 min ago",
      "2 h ago",
      "3 d ago",
    ]);
    expect(formatRelative(now + 19_440_000, now)).toBe("in 5 h");
  });

  it("has hours from 0 to 23 in every language", () => {
    const night = Date.UTC(2026, 0, 15, 0, 5);
    const style = { zone: "UTC", locale: "en-US" };
    for (const format of [formatAbsolute, formatShort, formatPrecise, formatClock]) {
      expect(format(night, style)).toContain("00:05");
      expect(format(night + 13 * 3_600_000, style)).toContain("13:05");
    }
  });

  it("names its zone with the daylight saving of that day", () => {
    const winter = Date.UTC(2026, 0, 15, 12);
    const summer = Date.UTC(2026, 6, 15, 12);
    expect(zoneName(winter, { zone: "Europe/London", locale: "en-GB" })).toBe("GMT");
    expect(zoneName(summer, { zone: "Europe/London", locale: "en-GB" })).toBe("BST");
    expect(formatAbsolute(winter, { zone: "Asia/Kolkata", locale: "en-GB" })).toBe("15 Jan 2026, 17:30:00 GMT+5:30");
  });

  it("is written in the given zone for tables on the terminal", () => {
    const at = Date.UTC(2025, 0, 31, 23, 4, 5);
    expect(formatTimestamp(at, "UTC")).toBe("2025-01-31 23:04:05");
    expect(formatTimestamp(at, "Asia/Tokyo")).toBe("2025-02-01 08:04:05");
  });
});
