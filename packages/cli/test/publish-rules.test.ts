/** What `headgate validate` says before anything is sent: the rules of publishing, and dependencies that look like a typo. */
import { describe, expect, it } from "vitest";
import { brokenManifests } from "@headgate/shared/testing/broken-manifests.ts";
import { checkBuilds } from "../src/publish/check-builds.ts";
import { headgate } from "./command-line.test-support.ts";
import { temporaryProject } from "./project.test-support.ts";

const built = { name: "demo", files: [], externals: [], inputs: [], folders: [], warnings: [] };

describe("a build", () => {
  it.each(brokenManifests())("a build that breaks '$rule' does not load", ({ message, manifest }) => {
    const [checked] = checkBuilds([{ ok: true, location: { ...built, manifest } }], "/nowhere");
    expect(checked).toMatchObject({
      ok: false,
      problems: [{ kind: "invalid_definition", message: expect.stringContaining(message) as string, file: "src/location.ts", line: 7 }],
    });
  });
});

const IMPORTS =
  'import { dailyPartitions, defineAsset, defineCodeLocation, defineJob, multiPartitions, staticPartitions } from "@headgate/sdk";\n';

describe("validating", () => {
  it("names the job that can never be launched, and its line", async () => {
    const cwd = temporaryProject({
      "src/location.ts": `${IMPORTS}const days = dailyPartitions({ start: "2025-01-01" });
const one = defineAsset({ key: "one", partitions: days, run: () => 1 });
const two = defineAsset({ key: "two", partitions: multiPartitions({ days, region: staticPartitions(["eu"]) }), run: () => 1 });
const all = defineJob({ name: "all", selection: "*" });
export default defineCodeLocation({ name: "demo", assets: [one, two], jobs: [all] });
`,
    });
    const { code, stdout } = await headgate(["validate"], { cwd });
    expect(code).toBe(1);
    expect(stdout).toContain("Job 'all' can never be launched: one and two have no partition in common");
    expect(stdout).toContain("Define a job for each, or leave one out of the selection.");
    expect(stdout).toContain("src/location.ts:5");
  });

  it("names locations of one project that define the same asset", async () => {
    const location = (name: string) =>
      `${IMPORTS}export default defineCodeLocation({ name: "${name}", assets: [defineAsset({ key: "gold/revenue", run: () => 1 })] });\n`;
    const cwd = temporaryProject({
      "headgate.config.ts":
        'import { defineConfig } from "@headgate/sdk/config";\nexport default defineConfig({ locations: [{ name: "one", entry: "src/one.ts" }, { name: "two", entry: "src/two.ts" }] });\n',
      "src/one.ts": location("one"),
      "src/two.ts": location("two"),
    });
    const { code, stdout } = await headgate(["validate"], { cwd });
    expect(code).toBe(1);
    expect(stdout).toContain("gold/revenue is already defined by code location one.");
    expect(stdout).toContain("src/two.ts:2");
  });

  it("warns of a likely typo in dependencies, and fails when strict", async () => {
    const cwd = temporaryProject({
      "src/location.ts": `${IMPORTS}const revenue = defineAsset({ key: "gold/revenue", run: () => 1 });
const orders = defineAsset({ key: "silver/orders", deps: ["raw/orders", "raw/orders2", "silver.orders_old", "gold.revenue"], run: () => 1 });
const report = defineAsset({ key: "gold/report", deps: ["gold/revenu"], run: () => 1 });
export default defineCodeLocation({ name: "demo", assets: [revenue, orders, report] });
`,
    });
    const { code, stdout } = await headgate(["validate"], { cwd });
    expect(code).toBe(0);
    expect(stdout.split("\n").filter((line) => line.includes("warning"))).toEqual([
      expect.stringContaining(
        'src/location.ts:3: asset "silver/orders" depends on "gold.revenue", which nothing here defines. Did you mean gold/revenue?',
      ),
      expect.stringContaining(
        'src/location.ts:4: asset "gold/report" depends on "gold/revenu", which nothing here defines. Did you mean gold/revenue?',
      ),
    ]);
    const strict = await headgate(["validate", "--strict"], { cwd });
    expect(strict.code).toBe(1);
    expect(strict.stderr).toContain("There are warnings, and --strict makes them errors.");
  });

  it("names the option that an asset does not have, and its line", async () => {
    const cwd = temporaryProject({
      "src/location.ts": `${IMPORTS}const one = defineAsset({ key: "one", run: () => 1 });
const two = defineAsset({ key: "two", dep: [one], run: () => 1 });
export default defineCodeLocation({ name: "demo", assets: [one, two] });
`,
    });
    const { code, stdout } = await headgate(["validate"], { cwd });
    expect(code).toBe(1);
    expect(stdout).toContain(`Asset "two": there is no option 'dep'. Did you mean 'deps'?`);
    expect(stdout).toContain("src/location.ts:3");
  });
});
