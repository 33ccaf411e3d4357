import { describe, expect, it } from "vitest";
import { runDuration, runTitle, waitingSentence } from "./run.ts";

describe("a run in words", () => {
  it("says what it waits for without saying it twice", () => {
    expect(waitingSentence({ message: "waiting for pool trino 2/2" })).toBe("Waiting for pool trino 2/2");
    expect(waitingSentence({ message: "no agent connected" })).toBe("Waiting: no agent connected");
  });

  it("is called by its job, else by its selection", () => {
    expect(runTitle({ job: "nightly", selection: "*" })).toBe("nightly");
    expect(runTitle({ job: null, selection: "*" })).toBe("all assets");
  });

  it("takes no time before its start and counts until now while it goes on", () => {
    expect(runDuration({ startedAt: null, endedAt: null }, 9)).toBeNull();
    expect(runDuration({ startedAt: 4, endedAt: null }, 9)).toBe(5);
    expect(runDuration({ startedAt: 4, endedAt: 6 }, 9)).toBe(2);
  });
});
