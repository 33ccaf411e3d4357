import { describe, expect, it } from "vitest";
import { fitText } from "./fit-text.ts";

const measure = (text: string) => text.length * 7;

describe("a name in a box of the map", () => {
  it.each([
    ["marts", 70, "marts"],
    ["transit_database_and_more", 70, "transit_d…"],
    ["transit database", 63, "transit…"],
    ["marts", 14, "m…"],
    ["marts", 7, ""],
  ])("shows %s in %i pixels as '%s'", (name, width, shown) => {
    expect(fitText(name, width, measure)).toBe(shown);
    expect(measure(shown)).toBeLessThanOrEqual(width);
  });
});
