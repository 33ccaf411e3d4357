/** Publishing: which versions are refused, what activating one changes, and who owns a key. */
import { describe, expect, it } from "vitest";
import { cronTickPassed } from "@headgate/shared/domain/automation/build.ts";
import type { Manifest } from "@headgate/shared/manifest/schema.ts";
import { assetsOf, manifest } from "../../../test/support/manifests.ts";
import { person, TestDeployment } from "../../testing/test-deployment.ts";
import { activateVersion, reportLoadErrors } from "./activate-version.ts";
import { catalogOf } from "./catalog.ts";
import { openConflicts } from "./key-conflicts.ts";
import { readLocations } from "./version-store.ts";
import { registerVersion } from "./register-version.ts";

const lake = manifest(assetsOf({ a: [], b: ["a"] }));
const register = (deployment: TestDeployment, parts: Manifest, hash = "f".repeat(64)) =>
  deployment.commit((tx) => registerVersion(tx, { manifest: parts, hash, manifestKey: "key", actor: person }));
const messageOf = (deployment: TestDeployment, parts: Manifest) => {
  const result = register(deployment, parts);
  return result.ok ? null : result.error.message;
};

describe("new versions", () => {
  it("registering a version numbers it and lists what changed", async () => {
    const deployment = await TestDeployment.with(lake);
    const result = register(deployment, manifest(assetsOf({ b: [], c: [] })));
    expect(result).toMatchObject({ ok: true, value: { id: "lake-2-ffffffff", number: 2, publishedBy: person.name } });
    const [row] = deployment.rows("SELECT diff FROM version WHERE number = 2");
    expect(JSON.parse(row?.["diff"] as string)).toEqual({ added: ["c"], removed: ["a"], changed: ["b"] });
    expect(catalogOf(deployment.engine).versionOf.get("lake")?.number).toBe(1);
  });

  it("registering a version of the same manifest gives the same version", async () => {
    const deployment = await TestDeployment.with(lake);
    const first = register(deployment, lake);
    expect(register(deployment, lake)).toEqual(first);
    expect(deployment.rows("SELECT count(*) AS n FROM version")).toEqual([{ n: 2 }]);
  });

  it.each([
    ["an asset whose unit does not list it", { assets: [{ key: "a", unit: "x" }], units: [] }, "Asset a names the unit 'x'"],
    ["a circle of dependencies", assetsOf({ a: ["b"], b: ["a"] }), "The assets depend on each other in a circle"],
    [
      "a check whose unit does not list it",
      { ...assetsOf({ a: [] }), checks: [{ asset: "a", name: "valid", unit: "a" }] },
      "Check 'valid' of a names the unit 'a'",
    ],
    ["a job with a bad selection", { ...assetsOf({ a: [] }), jobs: [{ name: "j", selection: "a and (" }] }, "The selection of job 'j'"],
    [
      "a schedule that never fires",
      { ...assetsOf({ a: [] }), jobs: [{ name: "j", selection: "a" }], schedules: [{ name: "s", job: "j", cron: ["0 0 31 2 *"] }] },
      "Schedule 's' never fires",
    ],
    [
      "a sensor of an unknown job",
      { ...assetsOf({ a: [] }), sensors: [{ name: "s", kind: "polling" as const, job: "none" }] },
      "'s' starts the job 'none'",
    ],
    ["a condition with a bad expression", assetsOf({ a: [] }, { asset: { automation: cronTickPassed("99 * * * *") } }), "a"],
  ])("registering a version with %s is refused", async (_what, parts, message) => {
    const deployment = await TestDeployment.open();
    expect(messageOf(deployment, manifest(parts))).toContain(message);
    expect(deployment.rows("SELECT no FROM version")).toEqual([]);
  });
});

describe("active versions", () => {
  it("activating a version tells agents to load it", async () => {
    const deployment = await TestDeployment.with(lake);
    const agent = deployment.agent();
    deployment.facts.length = 0;
    const version = deployment.publish(manifest(assetsOf({ a: [] })));
    expect(agent.last("load")).toEqual({ t: "load", location: "lake", version });
    expect(deployment.factsOf("version_activated")).toEqual([{ type: "version_activated", location: "lake" }]);
    expect(deployment.factsOf("definitions_changed")).toHaveLength(1);
    expect(catalogOf(deployment.engine).graph.has("b")).toBe(false);
  });

  it("activating a version that does not exist is refused", async () => {
    const deployment = await TestDeployment.with(lake);
    for (const place of [
      { location: "lake", version: "lake-9" },
      { location: "none", version: "lake-1" },
    ])
      expect(deployment.commit((tx) => activateVersion(tx, place))).toMatchObject({ ok: false, error: { code: "not_found" } });
  });

  it("activating a version of an earlier number goes back to it", async () => {
    const deployment = await TestDeployment.open();
    const first = deployment.publish(lake);
    deployment.publish(manifest(assetsOf({ c: [] })));
    deployment.done((tx) => activateVersion(tx, { location: "lake", version: first }));
    expect(catalogOf(deployment.engine).graph.has("b")).toBe(true);
  });

  it("activating a version with a foreign key is refused and remembered", async () => {
    const deployment = await TestDeployment.with(lake);
    const other = manifest({ ...assetsOf({ b: [], z: [] }), location: "sea" });
    expect(() => deployment.publish(other)).toThrow("b is already defined by code location lake.");
    expect(openConflicts(deployment.engine.reader())).toMatchObject([{ refused: "sea", owner: "lake" }]);
    deployment.publish(manifest({ ...assetsOf({ z: [] }), location: "sea" }));
    expect(openConflicts(deployment.engine.reader())).toEqual([]);
  });

  it("activating a version that closes a circle is refused", async () => {
    const deployment = await TestDeployment.with(
      manifest({ ...assetsOf({ a: ["z"] }), assets: [{ key: "a", unit: "a", deps: [{ key: "z" }] }] }),
    );
    const other = manifest({ ...assetsOf({ z: ["a"] }), location: "sea" });
    expect(() => deployment.publish(other)).toThrow("With this version assets depend on each other in a circle");
  });
});

describe("broken code", () => {
  it("load errors are shown until a version is activated", async () => {
    const deployment = await TestDeployment.with(lake);
    const errors = [{ kind: "import_failed", message: "no module", hint: "install it" } as never];
    deployment.commit((tx) => reportLoadErrors(tx, { location: "lake", errors }));
    expect(readLocations(deployment.engine.db)).toMatchObject([{ name: "lake", errors, erroredAt: deployment.now }]);
    expect(catalogOf(deployment.engine).graph.has("a")).toBe(true);
    deployment.publish(manifest(assetsOf({ a: [] })));
    expect(readLocations(deployment.engine.db)).toMatchObject([{ errors: [], erroredAt: null }]);
  });

  it("load errors of a location that was never published are kept", async () => {
    const deployment = await TestDeployment.open();
    deployment.commit((tx) => reportLoadErrors(tx, { location: "new", errors: [] }));
    expect(readLocations(deployment.engine.db)).toMatchObject([{ name: "new", activeVersion: null }]);
  });
});
