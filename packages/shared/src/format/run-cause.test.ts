import { describe, expect, it } from "vitest";
import { formatRunCause } from "./run-cause.ts";

const PARENT = "0190a1b2-0000-7000-8000-000000abcdef";

describe("the cause of a run", () => {
  it("names the person, token, schedule or sensor", () => {
    expect(formatRunCause({ type: "person", user: "ada" })).toBe("ada");
    expect(formatRunCause({ type: "token", name: "ci" })).toBe("token ci");
    expect(formatRunCause({ type: "schedule", name: "nightly", location: "l", tick: "t" })).toBe("schedule nightly");
    expect(formatRunCause({ type: "sensor", name: "files", location: "l", tick: "t", event: "a.csv" })).toBe("sensor files: a.csv");
  });

  it("counts the other targets of a condition", () => {
    expect(formatRunCause({ type: "condition", targets: ["a", "b", "c"], evaluation: "e" })).toBe("condition of a and 2 more");
  });

  it("names the end of the run that it repeats", () => {
    expect(formatRunCause({ type: "retry", parent: PARENT, attempt: 1, of: 3 })).toBe("retry 1 of 3 of 00abcdef");
    expect(formatRunCause({ type: "reexecution", parent: PARENT, mode: "from_failure", by: "ada" })).toBe(
      "retry from failure of 00abcdef by ada",
    );
  });
});
