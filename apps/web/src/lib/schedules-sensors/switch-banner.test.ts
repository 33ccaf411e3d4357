import { describe, expect, it } from "vitest";
import type { SwitchView } from "@headgate/shared/contract/automations/switches.ts";
import { bannersOf } from "./switch-banner.ts";

const NONE = { schedules: 0, sensors: 0, conditions: 0 };

function view(about: Partial<SwitchView>): SwitchView {
  return { location: "shop", state: "new", changed: null, on: NONE, off: NONE, names: [], ...about };
}

describe("the banners about code locations that are off", () => {
  it("say what is off since the first publish", () => {
    const names = [{ kind: "schedule", name: "nightly", reason: "never_switched_on" } as const];
    expect(bannersOf([view({ names, off: { schedules: 1, sensors: 2, conditions: 12 } })])).toEqual([
      {
        location: "shop",
        text: "Code location shop: 1 schedule, 2 sensors and 12 conditions are off, because it has not been switched on since its first publish.",
      },
    ]);
  });

  it("say who switched a code location off", () => {
    const names = [{ kind: "condition", name: "gold/revenue", reason: "location_off" } as const];
    const off = { ...NONE, conditions: 1 };
    expect(bannersOf([view({ state: "off", changed: { by: "ada", at: 1 }, names, off })])[0]?.text).toBe(
      "Code location shop: 1 condition is off, because ada switched it off.",
    );
  });

  it("leave out a code location of which only single schedules are off", () => {
    const names = [{ kind: "schedule", name: "nightly", reason: "person" } as const];
    expect(bannersOf([view({ state: "on", names, off: { ...NONE, schedules: 1 } }), view({})])).toEqual([]);
  });
});
