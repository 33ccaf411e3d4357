import { describe, expect, it } from "vitest";
import { fieldOfInstant, instantOfField } from "./date-field.ts";

describe("date field", () => {
  it("a typed time is read in the schedule's zone", () => {
    expect(instantOfField("2026-07-15T02:00", "Europe/London")).toBe(Date.UTC(2026, 6, 15, 1));
    expect(fieldOfInstant(Date.UTC(2026, 6, 15, 1), "Europe/London")).toBe("2026-07-15T02:00");
    expect(instantOfField("2026-01-15T05:30:00", "Asia/Kolkata")).toBe(Date.UTC(2026, 0, 15, 0));
  });

  it("a time skipped by daylight saving becomes the next one", () => {
    expect(instantOfField("2026-03-29T01:30", "Europe/London")).toBe(Date.UTC(2026, 2, 29, 1));
  });

  it("an incomplete time or unknown zone is null", () => {
    expect(instantOfField("2026-03", "UTC")).toBeNull();
    expect(instantOfField("2026-07-15T02:00", "Nowhere/Town")).toBeNull();
  });
});
