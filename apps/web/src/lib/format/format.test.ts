import { describe, expect, it } from "vitest";
import { formatDuration, formatSpan } from "./duration.ts";
import { formatBytes, formatCompact, plural } from "./number.ts";
import { waitingSentence } from "./run-words.ts";
import { selectionWords } from "@headgate/shared/api/selection-words.ts";
import { formatAbsolute, formatClock, formatPrecise, formatRelative, formatShort, zoneName } from "./time.ts";

describe("numbers and times in words", () => {
  it("write durations with two units at most", () => {
    expect([0.4, 820, 4_250, 59_900, 185_000, 7_800_000, 200_000_000].map(formatDuration)).toEqual([
      "<1 ms",
      "820 ms",
      "4.2 s",
      "59 s",
      "3 min 05 s",
      "2 h 10 min",
      "2 d 7 h",
    ]);
  });

  it("leave out the empty unit of a length that somebody chose", () => {
    expect([1_000, 30_000, 600_000, 5_400_000, 86_400_000, 172_800_000].map(formatSpan)).toEqual([
      "1 s",
      "30 s",
      "10 min",
      "1 h 30 min",
      "24 h",
      "2 d",
    ]);
  });

  it("say how long ago or how soon", () => {
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

  it("counts hours to 24 in every language, so that lists, axes and logs agree", () => {
    const night = Date.UTC(2026, 0, 15, 0, 5);
    const style = { zone: "UTC", locale: "en-US" };
    for (const format of [formatAbsolute, formatShort, formatPrecise, formatClock]) {
      expect(format(night, style)).toContain("00:05");
      expect(format(night + 13 * 3_600_000, style)).toContain("13:05");
    }
  });

  it("name the zone, with daylight saving of that very day", () => {
    const winter = Date.UTC(2026, 0, 15, 12);
    const summer = Date.UTC(2026, 6, 15, 12);
    expect(zoneName(winter, { zone: "Europe/London", locale: "en-GB" })).toBe("GMT");
    expect(zoneName(summer, { zone: "Europe/London", locale: "en-GB" })).toBe("BST");
    expect(formatAbsolute(winter, { zone: "Asia/Kolkata", locale: "en-GB" })).toBe("15 Jan 2026, 17:30:00 GMT+5:30");
  });

  it("group digits and choose the right word", () => {
    expect(plural(1, "asset")).toBe("1 asset");
    expect(plural(1204, "asset")).toBe("1,204 assets");
    expect(formatCompact(1_250_000)).toBe("1.3M");
    expect(formatBytes(1536)).toBe("1.5 KiB");
  });

  it("say what a run waits for without saying it twice", () => {
    expect(waitingSentence({ message: "waiting for pool trino 2/2" })).toBe("Waiting for pool trino 2/2");
    expect(waitingSentence({ message: "no agent connected" })).toBe("Waiting: no agent connected");
  });

  it("show a list of exact keys as the keys", () => {
    expect(selectionWords('key:"a/b" or key:"c"')).toBe("a/b, c");
    expect(selectionWords('key:"a" or key:"b" or key:"c" or key:"d"')).toBe("a, b and 2 more");
    expect(selectionWords("group:gold")).toBe("group:gold");
    expect(selectionWords("*")).toBe("all assets");
  });
});
