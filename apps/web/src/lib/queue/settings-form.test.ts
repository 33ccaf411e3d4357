import { PROCEDURES } from "@headgate/shared/contract/table.ts";
import { describe, expect, it } from "vitest";
import { SAMPLE_SETTINGS } from "../../../test/fixture-partitions.ts";
import { formOfSettings, patchOf, problemsOf, settingsOfForm } from "./settings-form.ts";

const settings = {
  ...SAMPLE_SETTINGS,
  tagLimits: [
    { key: "team", perValue: true, limit: 3 },
    { key: "env", value: "prod", limit: 1 },
    { key: "any", limit: 9 },
  ],
};

describe("the form of the limits", () => {
  it("gives back what it was made from", () => {
    expect(settingsOfForm(formOfSettings(settings))).toEqual(settings);
    expect(patchOf(settings, formOfSettings(settings))).toEqual({});
  });

  it("sends only what was changed, in the form that the control plane accepts", () => {
    const patch = patchOf(settings, { ...formOfSettings(settings), pools: [{ name: " trino ", limit: 4 }] });
    expect(patch).toEqual({ pools: { trino: 4 } });
    expect(PROCEDURES["settings.update"].input.safeParse(patch).success).toBe(true);
  });

  it("says what is wrong before anything is sent", () => {
    const form = formOfSettings(settings);
    expect(problemsOf(form)).toEqual([]);
    expect(problemsOf({ ...form, maxConcurrentRuns: Number.NaN })).toHaveLength(1);
    expect(problemsOf({ ...form, pools: [...form.pools, { name: "trino", limit: 1 }] })).toEqual(["A pool is listed twice."]);
    expect(problemsOf({ ...form, pools: [{ name: "", limit: -1 }] })).toHaveLength(2);
    expect(problemsOf({ ...form, tagLimits: [{ key: " ", value: "", limit: 1 }] })).toEqual(["Every tag limit needs a tag."]);
  });
});
