/** The forms of 0.1 that still work: what they define, and the warning that shows the new form. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import {
  defineAsset,
  defineAssetCheck,
  defineCodeLocation,
  defineJob,
  defineResource,
  defineSourceAsset,
  sourceAsset,
  type CodeLocationOptions,
} from "@headgate/sdk";
import { dbtProject, dbtResource } from "@headgate/sdk/dbt";
import { createRuntime } from "@headgate/sdk/runtime";
import { trinoResource } from "@headgate/sdk/trino";
import { makeFolders } from "./run-step.test-support.ts";

const asset = () => defineAsset({ key: "a", run: () => 1 });

async function draftOf(options: CodeLocationOptions): Promise<unknown> {
  const folders = await makeFolders();
  mkdirSync(join(folders.root, "dbt"), { recursive: true });
  writeFileSync(join(folders.root, "dbt/dbt_project.yml"), "name: forms\n");
  writeFileSync(join(folders.root, "dbt/profiles.yml"), "forms: {}\n");
  const { draft, errors } = await createRuntime(defineCodeLocation({ name: "forms", ...options })).index({ ...folders, env: {} });
  expect(errors).toEqual([]);
  // The line of a definition differs between the two forms.
  return JSON.parse(JSON.stringify(draft, (key, value: unknown) => (key === "source" ? undefined : value)));
}

/** The warnings of the process while `work` is done. */
async function warningsOf(work: () => unknown): Promise<string[]> {
  const texts: string[] = [];
  const keep = (warning: Error): void => void texts.push(warning.message);
  process.on("warning", keep);
  onTestFinished(() => void process.off("warning", keep));
  await work();
  await new Promise((done) => setImmediate(done));
  return texts;
}

const check = { description: "Never empty.", run: () => true };
const job = { selection: "*", tags: { of: "old" } };
const source = { kinds: ["airbyte"] };

it.each<[string, { readonly old: () => CodeLocationOptions; readonly now: () => CodeLocationOptions; readonly shown: string }]>([
  [
    "defineJob",
    {
      old: () => ({ assets: [asset()], jobs: [defineJob("nightly", job)] }),
      now: () => ({ assets: [asset()], jobs: [defineJob({ name: "nightly", ...job })] }),
      shown:
        'defineJob("nightly", { selection, tags }) is deprecated and will stop working in the next minor version. Write defineJob({ name: "nightly", selection, tags }).',
    },
  ],
  [
    "sourceAsset",
    {
      old: () => ({ assets: [sourceAsset("raw/a", source)] }),
      now: () => ({ assets: [defineSourceAsset({ key: "raw/a", ...source })] }),
      shown:
        'sourceAsset("raw/a", { kinds }) is deprecated and will stop working in the next minor version. Write defineSourceAsset({ key: "raw/a", kinds }).',
    },
  ],
  [
    "sourceAsset without options",
    {
      old: () => ({ assets: [sourceAsset("raw/b")] }),
      now: () => ({ assets: [defineSourceAsset({ key: "raw/b" })] }),
      shown:
        'sourceAsset("raw/b") is deprecated and will stop working in the next minor version. Write defineSourceAsset({ key: "raw/b" }).',
    },
  ],
  [
    "defineAssetCheck",
    {
      old: () => ({ assets: [asset(), defineAssetCheck("a", "filled", check)] }),
      now: () => ({ assets: [asset(), defineAssetCheck({ asset: "a", name: "filled", ...check })] }),
      shown:
        'defineAssetCheck("a", "filled", { description, run }) is deprecated and will stop working in the next minor version. Write defineAssetCheck({ asset: "a", name: "filled", description, run }).',
    },
  ],
  [
    "asset.check",
    {
      old: () => {
        const checked = asset();
        checked.check("filled", check);
        return { assets: [checked] };
      },
      now: () => {
        const checked = asset();
        checked.check({ name: "filled", ...check });
        return { assets: [checked] };
      },
      shown:
        'check("filled", { description, run }) is deprecated and will stop working in the next minor version. Write check({ name: "filled", description, run }).',
    },
  ],
  [
    "defineResource",
    {
      old: () => ({ resources: [defineResource("db", { env: ["DB_URL"], setup: () => 1 })] }),
      now: () => ({ resources: [defineResource({ key: "db", env: ["DB_URL"], setup: () => 1 })] }),
      shown:
        'defineResource("db", { env, setup }) is deprecated and will stop working in the next minor version. Write defineResource({ key: "db", env, setup }).',
    },
  ],
  [
    "dbtResource",
    {
      old: () => ({ resources: [dbtResource(dbtProject({ dir: "dbt" }), { key: "shop" })] }),
      now: () => ({ resources: [dbtResource({ project: dbtProject({ dir: "dbt" }), key: "shop" })] }),
      shown:
        "dbtResource(project, { key }) is deprecated and will stop working in the next minor version. Write dbtResource({ project, key }).",
    },
  ],
  [
    "trinoResource with the unit in a name",
    {
      old: () => ({ resources: [trinoResource({ patienceSeconds: 5 })] }),
      now: () => ({ resources: [trinoResource({ patience: 5 })] }),
      shown:
        "trinoResource({ patienceSeconds: 5 }) is deprecated and will stop working in the next minor version. Write trinoResource({ patience: 5 }).",
    },
  ],
])("the old form of %s defines the same and its warning shows the new form", async (_, { old, now, shown }) => {
  let before: unknown;
  const warnings = await warningsOf(async () => {
    before = await draftOf(old());
    await draftOf(old());
  });
  expect(warnings).toEqual([expect.stringMatching(/old-forms\.test\.ts:\d+: /)]);
  expect(warnings[0]?.endsWith(`: ${shown}`)).toBe(true);
  let after: unknown;
  expect(await warningsOf(async () => void (after = await draftOf(now())))).toEqual([]);
  expect(after).toEqual(before);
});

it("a worker of an agent writes no warning of an old form", async () => {
  process.env["HEADGATE_WORKER_ID"] = "w1";
  onTestFinished(() => {
    delete process.env["HEADGATE_WORKER_ID"];
  });
  expect(await warningsOf(() => defineJob("in_a_worker", job))).toEqual([]);
});

it("publishing lists each place that uses an old form, relative to the project", async () => {
  defineJob("listed", job);
  const folders = { ...(await makeFolders()), root: import.meta.dirname };
  const { warnings } = await createRuntime(defineCodeLocation({ name: "forms", assets: [asset()] })).index({ ...folders, env: {} });
  expect(warnings).toContainEqual(
    expect.stringMatching(/^old-forms\.test\.ts:\d+: defineJob\("listed", \{ selection, tags \}\) is deprecated/),
  );
});
