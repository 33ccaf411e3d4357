import { describe, expect, it } from "vitest";
import { fieldOfInstant, instantOfField } from "./date-field.ts";

describe("a moment typed into a date field", () => {
  it("is a time of the schedule's own zone", () => {
    expect(instantOfField("2026-07-15T02:00", "Europe/London")).toBe(Date.UTC(2026, 6, 15, 1));
    expect(fieldOfInstant(Date.UTC(2026, 6, 15, 1), "Europe/London")).toBe("2026-07-15T02:00");
    expect(instantOfField("2026-01-15T05:30:00", "Asia/Kolkata")).toBe(Date.UTC(2026, 0, 15, 0));
  });

  it("becomes the first time after a gap of the clocks", () => {
    expect(instantOfField("2026-03-29T01:30", "Europe/London")).toBe(Date.UTC(2026, 2, 29, 1));
  });

  it("is nothing when it is not complete, or the zone unknown", () => {
    expect(instantOfField("2026-03", "UTC")).toBeNull();
    expect(instantOfField("2026-07-15T02:00", "Nowhere/Town")).toBeNull();
  });
});
