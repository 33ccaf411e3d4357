import { describe, expect, it } from "vitest";
import { duration, integer, keyValuePairs, moment, oneOf, port, positiveInteger, upTo } from "./option-values.ts";

describe("a number given as an option", () => {
  it("is refused with a sentence when it is out of range", () => {
    expect(port("4400")).toBe(4400);
    expect(() => port("70000")).toThrow("A port is a whole number from 1 to 65535, e.g. 4400.");
    expect(integer("-3")).toBe(-3);
    expect(() => integer("1.5")).toThrow("Give a whole number, e.g. 5 or -5.");
    expect(() => positiveInteger("0")).toThrow("Give a whole number above 0, e.g. 20.");
    expect(upTo(500)("500")).toBe(500);
    expect(() => upTo(500)("501")).toThrow("At most 500.");
  });
});

describe("a time given as an option", () => {
  it("is in the zone of this machine unless it has an offset", () => {
    expect(moment("2025-01-31T02:00:00Z")).toBe(Date.UTC(2025, 0, 31, 2));
    expect(moment("2025-01-31T02:00+01:00")).toBe(Date.UTC(2025, 0, 31, 1));
    expect(moment("2025-01-31")).toBe(new Date(2025, 0, 31).getTime());
  });

  it("is refused with two examples when it cannot be read", () => {
    expect(() => moment("soon")).toThrow("'soon' is not a time. Write it like 2025-01-31T02:00:00Z or 2025-01-31T02:00+01:00.");
  });
});

describe("a duration given as an option", () => {
  it("is a number of minutes, hours or days", () => {
    expect(["30m", "8h", "7d"].map(duration)).toEqual([1_800_000, 28_800_000, 604_800_000]);
    for (const text of ["8", "0h", "8s", "-1h", ""]) expect(() => duration(text)).toThrow("Write a duration like 30m, 8h or 7d.");
  });
});

describe("a repeatable option", () => {
  it("adds each known value to the ones before", () => {
    const state = oneOf(["open", "failed"]);
    expect(state("failed", state("open", []))).toEqual(["open", "failed"]);
    expect(() => state("done", [])).toThrow("One of open, failed.");
  });

  it("is read as key=value pairs, where a value may contain an equals sign", () => {
    expect(keyValuePairs(["team=data", "query=a=b"], "The tag")).toEqual({ team: "data", query: "a=b" });
    for (const entry of ["novalue", "=value"])
      expect(() => keyValuePairs([entry], "The tag")).toThrow(`The tag '${entry}' must have the form key=value.`);
  });
});
