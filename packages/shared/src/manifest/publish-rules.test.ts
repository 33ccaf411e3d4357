/** The rules that publishing and `headgate validate` apply. */
import { describe, expect, it } from "vitest";
import { brokenManifests } from "../testing/broken-manifests.ts";
import { checkBeside } from "./beside-rules.ts";
import { checkManifest, PUBLISH_RULES } from "./publish-rules.ts";

describe("a manifest", () => {
  it.each(brokenManifests())("that breaks the rule '$rule' is refused", ({ rule, message, manifest }) => {
    const broken = Object.entries(PUBLISH_RULES).filter(([, check]) => !check(manifest).ok);
    expect(broken.map(([name]) => name)).toContain(rule);
    const checked = checkManifest(manifest);
    expect(checked.ok ? "" : checked.error.message).toContain(message);
  });
});

describe("code locations of one deployment", () => {
  const asset = (key: string, location: string, deps: readonly string[] = []) => ({
    key,
    location,
    unit: "u",
    group: "default",
    kinds: [],
    owners: [],
    tags: {},
    deps: deps.map((dep) => ({ key: dep })),
  });

  it("that both define an asset are refused", () => {
    const checked = checkBeside([asset("a", "two")], [asset("a", "one"), asset("b", "one")]);
    expect(checked).toMatchObject({ ok: false, error: { code: "conflict", details: { assets: ["a"], asset: "a" } } });
  });

  it("that depend on each other in a circle are refused", () => {
    const checked = checkBeside([asset("a", "two", ["b"])], [asset("b", "one", ["a"])]);
    expect(checked).toMatchObject({ ok: false, error: { code: "invalid_input", details: { asset: "a" } } });
  });

  it("that depend on each other without a circle are fine", () => {
    expect(checkBeside([asset("a", "two", ["b"])], [asset("b", "one")]).ok).toBe(true);
  });
});
