/** What a dbt project brings along where no dbt is needed to know it. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { defineAsset, defineCodeLocation, defineJob } from "../../src/index.ts";
import { dbtAssets, dbtProject, dbtResource } from "../../src/integrations/dbt/index.ts";
import { dbtManifestSchema } from "../../src/integrations/dbt/graph/dbt-manifest.ts";
import { unknownForm } from "../../src/integrations/dbt/refusals/unknown-form.ts";
import { runDbt } from "../../src/integrations/dbt/execution/run-dbt.ts";
import { resolveProject } from "../../src/integrations/dbt/project.ts";
import { indexLocation } from "../../src/runtime/manifest/index-location.ts";

function project(files: Readonly<Record<string, string>>): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "headgate-resource-")));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

async function index(root: string, env: Readonly<Record<string, string>> = {}) {
  const dbt = dbtResource({ project: dbtProject({ dir: "dbt" }) });
  const one = defineAsset({ key: "one", requires: [dbt], run: async ({ resources }) => void (await resources.dbt.run({ select: "one" })) });
  const location = defineCodeLocation({ name: "demo", assets: [one], resources: [dbt] });
  return await indexLocation(location, { root, scratch: join(root, ".headgate/scratch"), env });
}

const FILES = { "dbt/dbt_project.yml": "name: one\n", "dbt/profiles.yml": "one: {}\n", "dbt/models/one.sql": "select 1 as n" };

describe("a dbt project as a resource", () => {
  it("a dbt project without dbtAssets is published", async () => {
    const { folders, errors, warnings } = await index(project(FILES));
    expect([errors, warnings, folders.flatMap(({ files = [] }) => files.map(({ path }) => path))]).toEqual([
      [],
      undefined,
      ["dbt/dbt_project.yml", "dbt/models/one.sql", "dbt/profiles.yml"],
    ]);
  });

  it("a dbt project that is not there is refused", async () => {
    const { errors } = await index(project({ "other/dbt_project.yml": "" }));
    expect(errors).toMatchObject([
      { message: 'There is no dbt_project.yml in "dbt".', hint: expect.stringContaining("dbtProject({ dir })") },
    ]);
  });

  it("a job over a dbt project that cannot be read is no second error", async () => {
    const root = project({ "other/dbt_project.yml": "" });
    const location = defineCodeLocation({
      name: "demo",
      assets: [dbtAssets({ project: dbtProject({ dir: "dbt" }) })],
      jobs: [defineJob({ name: "everything", selection: "*" })],
    });
    const { errors } = await indexLocation(location, { root, scratch: join(root, ".headgate/scratch"), env: {} });
    expect(errors.map(({ message }) => message)).toEqual(['There is no dbt_project.yml in "dbt".']);
  });

  it.each([
    [".gitignore", "models/\n", "line 1 of dbt/.gitignore leaves the folder dbt/models out"],
    [".headgateignore", "*.sql\n", "line 1 of dbt/.headgateignore leaves it out"],
  ])("a dbt project is refused where %s leaves out what dbt reads", async (name, text, reason) => {
    const { errors } = await index(project({ ...FILES, [`dbt/${name}`]: text }));
    expect(errors).toMatchObject([
      { file: "dbt/models/one.sql", message: `dbt reads dbt/models/one.sql, but ${reason}, so it would not be published.` },
    ]);
  });

  it.each([
    [
      "profiles.yml",
      'write the line "!/dbt/profiles.yml" into a file .headgateignore beside headgate.config.ts (secrets belong into env_var())',
    ],
    ["selectors.yml", 'write the line "!/dbt/selectors.yml" into a file .headgateignore'],
  ])("a dbt project is refused where an ignore file names %s", async (name, remedy) => {
    const root = project({ ...FILES, "dbt/selectors.yml": "selectors: []\n", "dbt/.gitignore": `${name}\n` });
    const { errors, warnings } = await index(root);
    expect(errors).toMatchObject([
      {
        file: `dbt/${name}`,
        message: `dbt reads dbt/${name}, but line 1 of dbt/.gitignore leaves it out, so it would not be published.`,
        hint: expect.stringContaining(remedy),
      },
    ]);
    expect(warnings).toBeUndefined();
  });

  it("a dbt project may leave out what .dbtignore names too", async () => {
    const root = project({ ...FILES, "dbt/.dbtignore": "drafts/\n", "dbt/models/drafts/a.sql": "x", "dbt/.gitignore": "drafts/\n" });
    expect((await index(root)).errors).toEqual([]);
  });

  it("folders that environment variables name are published", async () => {
    const root = project({
      ...FILES,
      "dbt/dbt_project.yml": "model-paths: [\"{{ env_var('MODELS', '../shared') }}\"]\n",
      "shared/a.sql": "select 1",
    });
    const { folders } = await index(root);
    expect(folders.flatMap(({ files = [] }) => files.map(({ path }) => path))).toContain("shared/a.sql");
  });

  it("a package that contains the project that tests it is published without it", async () => {
    const root = project({
      "dbt_project.yml": "name: shared\n",
      "macros/shared.sql": "{% macro shared() %}{% endmacro %}",
      ...FILES,
    });
    mkdirSync(join(root, "dbt/dbt_packages"));
    symlinkSync("../..", join(root, "dbt/dbt_packages/shared"));
    const { folders, errors } = await index(root);
    const paths = folders.flatMap(({ files = [] }) => files.map(({ path }) => path));
    expect([errors, paths]).toEqual([
      [],
      [
        "dbt/dbt_packages/shared/dbt_project.yml",
        "dbt/dbt_packages/shared/macros/shared.sql",
        "dbt/dbt_project.yml",
        "dbt/models/one.sql",
        "dbt/profiles.yml",
      ],
    ]);
  });

  it("folders under the old names of settings are published", async () => {
    const root = project({ ...FILES, "dbt/dbt_project.yml": 'source-paths: ["../shared"]\n', "shared/a.sql": "select 1" });
    const { folders } = await index(root);
    expect(folders.flatMap(({ files = [] }) => files.map(({ path }) => path))).toContain("shared/a.sql");
  });

  it("only profiles.yml of another folder is published", async () => {
    const root = project({ ...FILES, "ops/profiles.yml": "one: {}", "ops/passwords.txt": "x" });
    const { folders, warnings } = await index(root, { DBT_PROFILES_DIR: join(root, "ops") });
    expect(warnings).toEqual([expect.stringContaining('Write profilesDir: "ops" in dbtProject({ ... }).')]);
    expect(folders.flatMap(({ files = [] }) => files.map(({ path }) => path)).filter((path) => path.startsWith("ops"))).toEqual([
      "ops/profiles.yml",
    ]);
  });
});

it("a missing working folder is not reported as a missing program", async () => {
  const root = project(FILES);
  const folders = { root, scratch: join(root, "scratch"), storage: join(root, "storage") };
  const gone = dbtProject({ dir: "gone", executable: process.execPath });
  const resolved = resolveProject(gone, { folders, env: {} });
  if (!resolved.ok) throw new Error(resolved.message);
  const exit = await runDbt({
    project: resolved.project,
    command: ["build"],
    targetPath: join(root, "target"),
    scratch: join(root, "scratch"),
    parseCache: join(root, "cache"),
    countRows: false,
    signal: new AbortController().signal,
    onLine: () => undefined,
  });
  expect(exit).toMatchObject({ code: null, error: expect.stringContaining(`There is no folder ${join(root, "gone")} for dbt to run in.`) });
});

describe("a manifest of dbt", () => {
  const node = {
    unique_id: "seed.a.b",
    name: "b",
    resource_type: "seed",
    package_name: "a",
    fqn: ["a", "b"],
    path: "b.csv",
    original_file_path: "seeds/b.csv",
  };
  const manifest = (config: unknown, more: object = {}) => ({
    metadata: { dbt_schema_version: "https://schemas.getdbt.com/dbt/manifest/v12.json", dbt_version: "1.11.0" },
    nodes: { "seed.a.b": { ...node, config, ...more } },
  });

  it.each([{ batch_size: 200 }, { begin: 5 }, { materialized: ["x"] }, { tags: 3 }, { meta: "text" }, { enabled: "yes" }])(
    "a manifest may have settings of another type: %j",
    (config) => {
      expect(dbtManifestSchema.safeParse(manifest(config)).success).toBe(true);
    },
  );

  it("a manifest that cannot be read is told with node and file", () => {
    const written = manifest({}, { fqn: "text" });
    const read = dbtManifestSchema.safeParse(written);
    expect(read.error && unknownForm(written, read.error, "dbt")).toMatchObject({
      file: "dbt/seeds/b.csv",
      message: expect.stringContaining("fqn of seed.a.b has an unknown form"),
      hint: "Correct fqn in seeds/b.csv.",
    });
  });
});
