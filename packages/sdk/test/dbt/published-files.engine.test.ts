/** A dbt project with everything that was ever missing on an agent: described, laid out from what is published, and run from there. */
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { StepEvent } from "@headgate/shared/domain/run/event.ts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { UnitDefinition, UnitDescription } from "../../src/definitions/unit.ts";
import { dbtAssets, dbtProject } from "../../src/integrations/dbt/index.ts";
import { findDbt } from "../../src/integrations/dbt/program.ts";
import type { JobFrame } from "@headgate/shared/protocol/down.ts";

const FILES: Readonly<Record<string, string>> = {
  "wh/dbt/dbt_project.yml": `name: wh
version: "1.0"
profile: wh
model-paths: ["models", "../common"]
seeds: {wh: {+batch_size: 200}}
models: {wh: {+materialized: table}, shared_pkg: {+materialized: table}}
`,
  "wh/dbt/profiles.yml": "wh:\n  target: dev\n  outputs:\n    dev:\n      type: duckdb\n      path: ../data/wh.duckdb\n      threads: 1\n",
  "wh/dbt/packages.yml": "packages:\n  - local: ../../shared_pkg\n",
  "wh/dbt/.gitignore": "keyfile.json\n*.db\nvenv/\ndbt_packages/\n/target/\n",
  "wh/dbt/.dbtignore": "models/drafts/\n",
  "wh/dbt/seeds/countries.csv": "code,name\nGB,United Kingdom\nFR,France\n",
  "wh/dbt/models/orders.sql":
    "{{ config(materialized='incremental') }} select 1 as id, {{ shared_pkg.cents('1') }} as amount, (select count(*) from {{ ref('countries') }}) as n",
  "wh/dbt/models/logs/access_logs.sql": "select 1 as id",
  "wh/dbt/models/target/target_groups.sql": "select 1 as id",
  "wh/dbt/models/build/built.sql": "select 1 as id",
  "wh/dbt/models/.hidden/in_a_dot_folder.sql": "select 1 as id",
  "wh/dbt/models/drafts/broken.sql": "select * from {{ ref('nothing') }}",
  "wh/dbt/keyfile.json": '{"type":"service_account"}',
  "wh/dbt/dev.db": "whatever",
  "wh/dbt/reference.data": "SQLite format 3\0and more",
  "wh/dbt/deploy.pem": "-----BEGIN RSA PRIVATE KEY-----\n",
  "wh/dbt/venv/lib/site.py": "print(1)",
  "wh/dbt/env/pyvenv.cfg": "home = /usr",
  "wh/dbt/env/lib/site.py": "print(1)",
  "wh/dbt/logs/dbt.log": "noise",
  "wh/common/common.sql": "select 1 as id",
  "elsewhere/linked.sql": "select 1 as id",
  "elsewhere/folder/not_read.sql": "select 1 as id",
  "shared_pkg/dbt_project.yml": 'name: shared_pkg\nversion: "1.0"\n',
  "shared_pkg/macros/cents.sql": "{% macro cents(x) %}({{ x }} * 100){% endmacro %}",
  "shared_pkg/models/logs/shared_dates.sql": "select 1 as id",
  "shared_pkg/target/manifest.json": "{}",
};

const ASSETS = ["access_logs", "built", "common", "countries", "in_a_dot_folder", "linked", "orders", "shared_dates", "target_groups"];

let base: string;
let root: string;
let description: UnitDescription;
let runs = 0;
const unit = dbtAssets({ project: dbtProject({ dir: "dbt" }) }) as UnitDefinition;
const silent = { debug() {}, info() {}, warn() {}, warning() {}, error() {} };

function write(path: string, text: string): void {
  mkdirSync(dirname(join(base, path)), { recursive: true });
  writeFileSync(join(base, path), text);
}

async function describeUnit(env: NodeJS.ProcessEnv = process.env) {
  return await unit.describe({ root, scratch: join(base, `scratch-${++runs}`), env });
}

/** As an agent lays a version out. */
function layOut(folders: UnitDescription["folders"]): string {
  const to = join(base, `version-${++runs}`);
  for (const { path, source } of folders.flatMap(({ files = [] }) => files)) {
    mkdirSync(dirname(join(to, path)), { recursive: true });
    copyFileSync(source, join(to, path));
  }
  writeFileSync(join(to, ".headgate-version.json"), "{}");
  return to;
}

async function run(at: string): Promise<readonly StepEvent[]> {
  const events: StepEvent[] = [];
  const outcome = await unit.execute({
    job: { tags: {}, run: "r", step: "s" } as unknown as JobFrame,
    assets: new Set(description.assets.flatMap(({ key, unit: made }) => (made === null ? [] : [key]))),
    checks: new Set(),
    partition: null,
    config: undefined,
    log: silent,
    signal: new AbortController().signal,
    resources: {},
    folders: { root: at, storage: join(base, "storage"), scratch: join(base, `run-${++runs}`) },
    env: process.env,
    emit: (event) => void events.push(event),
  });
  expect(outcome).toEqual({ outcome: "succeeded" });
  return events;
}

const published = (of: UnitDescription) =>
  of.folders.flatMap(({ files = [] }) => files.map(({ path }) => path)).filter((path) => !path.includes("/target/headgate/"));

describe("what is published of a dbt project", () => {
  beforeAll(async () => {
    base = realpathSync(mkdtempSync(join(tmpdir(), "headgate-published-")));
    root = join(base, "wh");
    for (const [path, text] of Object.entries(FILES)) write(path, text);
    mkdirSync(join(root, "dbt/dbt_packages"));
    symlinkSync("../../../shared_pkg", join(root, "dbt/dbt_packages/shared_pkg"));
    symlinkSync("../../../elsewhere/linked.sql", join(root, "dbt/models/linked.sql"));
    symlinkSync("../../../elsewhere/folder", join(root, "dbt/models/linked_folder"));
    symlinkSync("..", join(root, "dbt/circle"));
    symlinkSync("nothing", join(root, "dbt/broken"));
    const described = await describeUnit();
    if (!described.ok) throw new Error(JSON.stringify(described.errors));
    description = described.description;
  }, 120_000);
  afterAll(() => rmSync(base, { recursive: true, force: true }));

  it("a published project contains what dbt reads, no key and no database", () => {
    expect(published(description)).toEqual([
      "common/common.sql",
      "dbt/.dbtignore",
      "dbt/dbt_packages/shared_pkg/dbt_project.yml",
      "dbt/dbt_packages/shared_pkg/macros/cents.sql",
      "dbt/dbt_packages/shared_pkg/models/logs/shared_dates.sql",
      "dbt/dbt_project.yml",
      "dbt/models/.hidden/in_a_dot_folder.sql",
      "dbt/models/build/built.sql",
      "dbt/models/drafts/broken.sql",
      "dbt/models/linked.sql",
      "dbt/models/logs/access_logs.sql",
      "dbt/models/orders.sql",
      "dbt/models/target/target_groups.sql",
      "dbt/packages.yml",
      "dbt/profiles.yml",
      "dbt/seeds/countries.csv",
    ]);
  });

  it("a published project has the models that dbt finds in its folder", () => {
    const keys = description.assets.flatMap(({ key, unit: made }) => (made === null ? [] : [key.split("/").at(-1)]));
    expect(keys.toSorted()).toEqual(ASSETS);
    expect(description.assets.find(({ key }) => key.endsWith("orders"))?.deps?.map(({ key }) => key.split("/").at(-1))).toEqual([
      "countries",
    ]);
    const dbt = findDbt({ executable: undefined, root, cwd: process.cwd(), path: process.env["PATH"] });
    if (dbt?.kind !== "driver") throw new Error("dbt is no Python program here");
    const listed = spawnSync(
      dbt.python,
      ["-c", "from dbt.cli.main import cli; cli()", "ls", "--resource-type", "model", "--resource-type", "seed", "-q", "--output", "name"],
      {
        cwd: join(root, "dbt"),
        encoding: "utf8",
      },
    );
    expect(listed.stdout.trim().split("\n").toSorted()).toEqual(ASSETS);
  }, 60_000);

  it("a file left out without a rule is named", () => {
    const warnings = description.warnings ?? [];
    expect(warnings.filter((line) => line.includes("not published")).map((line) => line.split(". ")[0])).toEqual([
      "dbt/deploy.pem is not published: it looks like a secret",
      "dbt/env is not published: it is a Python environment",
      "dbt/reference.data is not published: it is a database",
    ]);
  });

  it("an agent builds every asset and keeps a relative database", async () => {
    expect(description.warnings).toContainEqual(expect.stringContaining("dbt/profiles.yml:6: the path ../data/wh.duckdb is relative."));
    const first = await run(layOut(description.folders));
    expect(first.filter(({ type }) => type === "asset_materialized")).toHaveLength(ASSETS.length);
    const kept = join(base, "storage/dbt/data/wh.duckdb");
    expect(existsSync(kept)).toBe(true);
    write("wh/dbt/models/orders.sql", `${FILES["wh/dbt/models/orders.sql"] ?? ""} -- changed`);
    const again = await describeUnit();
    if (!again.ok) throw new Error(JSON.stringify(again.errors));
    const second = await run(layOut(again.description.folders));
    const orders = second.find((event) => event.type === "asset_materialized" && event.asset.endsWith("orders"));
    expect(orders).toMatchObject({ metadata: { row_count: { value: 2 } } });
  }, 180_000);

  it("an agent finds the published graph, so that it need not parse", async () => {
    const again = await describeUnit();
    if (!again.ok) throw new Error(JSON.stringify(again.errors));
    const at = layOut(again.description.folders);
    const graphs = again.description.folders.flatMap(({ files = [] }) => files).filter(({ path }) => /target\/headgate\/graph-/.test(path));
    const { readProjectFiles } = await import("../../src/integrations/dbt/graph/fingerprint.ts");
    const { hash } = readProjectFiles({ root: at, dir: join(at, "dbt"), profilesDir: join(at, "dbt"), env: {} });
    expect(graphs.map(({ path }) => path.split("-")[1])).toContain(hash.slice(0, 12));
  }, 60_000);

  it("refuses a file that dbt reads and an ignore file leaves out", async () => {
    write("wh/dbt/models/.gitignore", "# mine\nlogs/\n");
    const refused = await describeUnit();
    rmSync(join(root, "dbt/models/.gitignore"));
    expect(refused).toEqual({
      ok: false,
      errors: [
        {
          kind: "project",
          file: "dbt/models/logs/access_logs.sql",
          message:
            "dbt reads dbt/models/logs/access_logs.sql, but line 2 of dbt/models/.gitignore leaves the folder dbt/models/logs out, so it would not be published.",
          hint: expect.stringContaining('write the line "!/dbt/models/logs" into a file .headgateignore beside headgate.config.ts'),
        },
      ],
    });
  }, 60_000);

  it("refuses a path that leads out of what can be published", async () => {
    const text = readFileSync(join(root, "dbt/dbt_project.yml"), "utf8");
    write("wh/dbt/dbt_project.yml", text.replace('"../common"', '"../../elsewhere"'));
    const refused = await describeUnit();
    write("wh/dbt/dbt_project.yml", text);
    expect(refused).toMatchObject({
      ok: false,
      errors: [
        { file: "dbt/dbt_project.yml", message: expect.stringContaining('"../../elsewhere" in model-paths leads out of the project') },
      ],
    });
  }, 60_000);

  it.each([
    ["the home folder", (home: string) => ({ HOME: home, DBT_PROFILES_DIR: undefined })],
    ["DBT_PROFILES_DIR", (home: string) => ({ DBT_PROFILES_DIR: join(home, ".dbt") })],
  ])(
    "finds profiles.yml in %s, and says that it is not published",
    async (_name, changed) => {
      const profiles = readFileSync(join(root, "dbt/profiles.yml"), "utf8");
      write("home/.dbt/profiles.yml", profiles);
      rmSync(join(root, "dbt/profiles.yml"));
      const found = await describeUnit({ ...process.env, ...changed(join(base, "home")) });
      write("wh/dbt/profiles.yml", profiles);
      expect(found.ok ? found.description.warnings : found.errors).toContainEqual(
        expect.stringContaining(`dbt reads ${join(base, "home/.dbt/profiles.yml")}, which is not published`),
      );
    },
    60_000,
  );
});
