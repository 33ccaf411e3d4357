import { describe, expect, it } from "vitest";
import { sampleAgents, sampleLocation } from "../../../test/fixture-data.ts";
import { findBanners } from "./banners.ts";

const NOW = 1_790_000_000_000;
const calm = {
  ref: { org: "acme", name: "prod" },
  locations: [sampleLocation(NOW, false)],
  agents: sampleAgents(NOW),
  lostForMs: 0,
  refusal: null,
  loaded: true,
};
const ids = (facts: Partial<typeof calm>) => findBanners({ ...calm, ...facts }).map((banner) => banner.id);

describe("banners", () => {
  it("a healthy deployment has no banner", () => {
    expect(ids({})).toEqual([]);
  });

  it("a location that does not load has a banner with its reason", () => {
    const [banner] = findBanners({ ...calm, locations: [sampleLocation(NOW, true)] });
    expect(banner?.text).toContain("Cannot find package 'date-fns'");
    expect(banner?.text).toContain("Version 4 stays active");
    expect(banner?.link?.href).toBe("/acme/prod/code/lakehouse");
  });

  it("a deployment without a connected agent has a banner", () => {
    expect(ids({ agents: [] })).toEqual(["agent"]);
    expect(ids({ agents: sampleAgents(NOW).map((agent) => ({ ...agent, status: "disconnected" as const })) })).toEqual(["agent"]);
  });

  it("a short reconnect has no banner, a long one does", () => {
    expect(ids({ lostForMs: 400 })).toEqual([]);
    expect(findBanners({ ...calm, lostForMs: 12_000 })[0]?.text).toContain("Live updates stopped 12 s ago");
  });

  it("no banner mentions agents before the first snapshot", () => {
    expect(ids({ agents: [], loaded: false })).toEqual([]);
  });
});
