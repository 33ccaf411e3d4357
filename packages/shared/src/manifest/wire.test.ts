import { describe, expect, test } from "vitest";
import { eager, onCron, onMissing } from "../domain/automation/build.ts";
import { canonicalJson } from "../domain/json.ts";
import { manifestSchema, type Manifest } from "./schema.ts";
import { manifestOnWire, manifestWireSchema } from "./wire.ts";

const parts = { schema: 1, location: "lake", sdk: { version: "0.1.0" }, runtime: { node: "24" }, entry: "index.js", files: [] };

function manifestOf(conditions: readonly (ReturnType<typeof eager> | undefined)[]): Manifest {
  return manifestSchema.parse({
    ...parts,
    assets: conditions.map((automation, index) => ({ key: `a${index}`, unit: `a${index}`, automation })),
    units: conditions.map((_, index) => ({ id: `a${index}`, kind: "asset", assets: [`a${index}`] })),
    checks: [{ asset: "a0", name: "full", unit: "a0", automation: eager() }],
  });
}

describe("a manifest on its way", () => {
  test("a shared condition is sent once, and the manifest arrives unchanged", () => {
    const manifest = manifestOf([eager(), undefined, onMissing(), eager(), onCron("@daily")]);
    const wire = manifestOnWire(manifest);
    expect(wire.conditions).toEqual([eager()]);
    expect(wire.assets.map(({ sharedCondition, automation }) => sharedCondition ?? automation)).toEqual([
      0,
      undefined,
      onMissing(),
      0,
      onCron("@daily"),
    ]);
    const read = manifestWireSchema.parse(JSON.parse(JSON.stringify(wire)));
    expect(canonicalJson(read)).toBe(canonicalJson(manifest));
    expect(read.checks[0]?.automation).toBe(read.assets[0]?.automation);
  });

  test("grows little with each asset that has a condition of others", () => {
    const bytes = (count: number) => JSON.stringify(manifestOnWire(manifestOf(Array.from({ length: count }, () => eager())))).length;
    expect((bytes(200) - bytes(100)) / 100).toBeLessThan(400);
  });

  test("a manifest of the earlier form without shared conditions is read", () => {
    const manifest = manifestOf([eager(), eager()]);
    expect(manifestWireSchema.parse(manifest)).toEqual(manifest);
  });

  test("a reference to a missing condition is refused", () => {
    const wire = manifestOnWire(manifestOf([eager(), eager()]));
    const broken = manifestWireSchema.safeParse({ ...wire, conditions: [] });
    expect(broken.error?.issues[0]).toMatchObject({
      path: ["assets", 0, "sharedCondition"],
      message: expect.stringContaining("condition 0") as string,
    });
    expect(manifestWireSchema.safeParse({ ...wire, conditions: [{ type: "eger" }] }).success).toBe(false);
  });
});
