import { describe, expect, it } from "vitest";
import { sampleAgents, sampleLocation } from "#lib/../../test/fixture-data.ts";
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

describe("the red bars", () => {
  it("are absent when all is well", () => {
    expect(ids({})).toEqual([]);
  });

  it("say why a location does not load and that its last good version stays", () => {
    const [banner] = findBanners({ ...calm, locations: [sampleLocation(NOW, true)] });
    expect(banner?.text).toContain("Cannot find package 'date-fns'");
    expect(banner?.text).toContain("Version 4 stays active");
    expect(banner?.link?.href).toBe("/acme/prod/code/lakehouse");
  });

  it("appear when no agent is connected, also when some are known but gone", () => {
    expect(ids({ agents: [] })).toEqual(["agent"]);
    expect(ids({ agents: sampleAgents(NOW).map((agent) => ({ ...agent, status: "disconnected" as const })) })).toEqual(["agent"]);
  });

  it("do not flicker for a moment's reconnect, but say for how long updates are missing", () => {
    expect(ids({ lostForMs: 400 })).toEqual([]);
    expect(findBanners({ ...calm, lostForMs: 12_000 })[0]?.text).toContain("Live updates stopped 12 s ago");
  });

  it("claim nothing about agents before the first snapshot", () => {
    expect(ids({ agents: [], loaded: false })).toEqual([]);
  });
});
