/** The rules that publishing and `headgate validate` apply. */
import { describe, expect, it } from "vitest";
import { brokenManifests } from "../src/testing/broken-manifests.ts";
import { checkBeside } from "../src/manifest/beside-rules.ts";
import { checkManifest, PUBLISH_RULES } from "../src/manifest/publish-rules.ts";

describe("a manifest", () => {
  it.each(brokenManifests())("a manifest that breaks '$rule' is refused", ({ rule, message, manifest }) => {
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

  it("two code locations that define one asset are refused", () => {
    const checked = checkBeside([asset("a", "two")], [asset("a", "one"), asset("b", "one")]);
    expect(checked).toMatchObject({ ok: false, error: { code: "conflict", details: { assets: ["a"], asset: "a" } } });
  });

  it("code locations in a circle of dependencies are refused", () => {
    const checked = checkBeside([asset("a", "two", ["b"])], [asset("b", "one", ["a"])]);
    expect(checked).toMatchObject({ ok: false, error: { code: "invalid_input", details: { asset: "a" } } });
  });

  it("a code location that depends on another is fine", () => {
    expect(checkBeside([asset("a", "two", ["b"])], [asset("b", "one")]).ok).toBe(true);
  });
});
