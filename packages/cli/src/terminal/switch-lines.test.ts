import { describe, expect, it } from "vitest";
import type { SwitchView } from "@headgate/shared/contract/automations/switches.ts";
import { offLines, switchedLines } from "./switch-lines.ts";

const NONE = { schedules: 0, sensors: 0, conditions: 0 };
const plain = (text: string) => text;
const colors = new Proxy({}, { get: () => plain }) as Parameters<typeof offLines>[1];

function view(about: Partial<SwitchView>): SwitchView {
  return { location: "shop", state: "new", changed: null, on: NONE, off: NONE, names: [], ...about };
}

describe("the lines about what is off", () => {
  it("a first publish names it and the command that switches it on", () => {
    const names: SwitchView["names"] = [
      { kind: "schedule", name: "nightly", reason: "never_switched_on" },
      { kind: "condition", name: "gold/revenue", reason: "never_switched_on" },
      { kind: "sensor", name: "files", reason: "definition" },
    ];
    expect(offLines(view({ names, off: { schedules: 1, sensors: 1, conditions: 1 } }), colors)).toEqual([
      "  off until you switch it on: schedule nightly, condition gold/revenue",
      "  switch on with: headgate on --location shop",
    ]);
  });

  it("long lists are shortened", () => {
    const names = Array.from(
      { length: 200 },
      (_, index) => ({ kind: "condition", name: `a${index}`, reason: "never_switched_on" }) as const,
    );
    const [line] = offLines(view({ names, off: { ...NONE, conditions: 5000 } }), colors);
    expect(line).toMatch(/^ {2}off until you switch it on: condition a0, .*condition a9 and 4990 more$/);
  });

  it("a code location that a person switched off names the person", () => {
    const names: SwitchView["names"] = [{ kind: "schedule", name: "nightly", reason: "location_off" }];
    const [line] = offLines(view({ state: "off", changed: { by: "ada", at: 1 }, names, off: { ...NONE, schedules: 1 } }), colors);
    expect(line).toBe("  off since ada switched it off: schedule nightly");
  });

  it("no line is there where nothing waits for the switch", () => {
    expect(offLines(view({ state: "on", names: [{ kind: "sensor", name: "files", reason: "person" }] }), colors)).toEqual([]);
  });

  it("a code location that is switched on names what stays off", () => {
    const names: SwitchView["names"] = [
      { kind: "sensor", name: "files", reason: "definition" },
      { kind: "schedule", name: "nightly", reason: "person" },
    ];
    expect(switchedLines(view({ state: "on", on: { schedules: 2, sensors: 0, conditions: 1 }, names }))).toEqual([
      "code location shop is on: 2 schedules, 0 sensors, 1 condition",
      "  still off: sensor files (its definition says stopped), schedule nightly (switched off by a person)",
    ]);
    expect(switchedLines(view({ state: "off" }))).toEqual(["code location shop is off: it starts nothing by itself"]);
  });
});
