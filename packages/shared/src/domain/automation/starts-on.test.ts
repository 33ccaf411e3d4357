import { describe, expect, it } from "vitest";
import { type Choice, type DefaultStatus, type LocationSwitch, type OffReason, whyOff } from "./starts-on.ts";

type Row = readonly [DefaultStatus | undefined, LocationSwitch, Choice | null, OffReason | null];

const ROWS: readonly Row[] = [
  [undefined, "new", null, "never_switched_on"],
  ["running", "new", null, null],
  ["stopped", "new", null, "definition"],
  [undefined, "on", null, null],
  ["running", "on", null, null],
  ["stopped", "on", null, "definition"],
  [undefined, "off", null, "location_off"],
  ["running", "off", null, "location_off"],
  ["stopped", "off", null, "location_off"],
  [undefined, "new", "on", null],
  ["stopped", "new", "on", null],
  ["running", "new", "off", "person"],
  [undefined, "on", "off", "person"],
  ["stopped", "on", "on", null],
  ["running", "off", "on", "location_off"],
  ["stopped", "off", "on_alone", null],
  [undefined, "off", "off", "person"],
  [undefined, "on", "on_alone", null],
];

describe("whether a schedule, sensor or condition is on", () => {
  it.each(ROWS)("default status %s, code location %s, choice %s: off because of %s", (defaultStatus, location, choice, expected) => {
    expect(whyOff({ defaultStatus, location, choice })).toBe(expected);
  });
});
