/**
 * Records what dagster-dbt makes of the projects, beside the graphs that this package reads from them:
 * `node --conditions=headgate-source packages/sdk/test/dbt/mapping/record.ts <python with dagster-dbt>`. Needs dbt in `.venv`.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeDbtProject } from "../../../../../bench/dbt-project.ts";
import { loadGraph } from "../../../src/integrations/dbt/graph/load-graph.ts";
import { dbtProject, resolveProject } from "../../../src/integrations/dbt/project.ts";
import { SPECIAL } from "./projects.ts";

const here = dirname(fileURLToPath(import.meta.url));
const repository = join(here, "../../../../..");
const [python = "python3"] = process.argv.slice(2);
const root = mkdtempSync(join(tmpdir(), "headgate-mapping-"));

const writers: Readonly<Record<string, (folder: string) => void>> = {
  special: (folder) => {
    for (const [path, text] of Object.entries(SPECIAL)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
  },
  example: (folder) =>
    cpSync(join(repository, "examples/lakehouse/dbt"), folder, { recursive: true, filter: (path) => !path.endsWith("/target") }),
  generated: (folder) => void writeDbtProject(folder, 60),
};

for (const [name, write] of Object.entries(writers)) {
  const dir = join(root, name);
  mkdirSync(dir, { recursive: true });
  write(dir);
  const env = { ...process.env, DUCKDB_PATH: join(root, `${name}.duckdb`) };
  const resolved = resolveProject(dbtProject({ dir }), { folders: { root: repository, storage: root, scratch: root }, env });
  if (!resolved.ok) throw new Error(resolved.message);
  const loaded = await loadGraph({
    project: resolved.project,
    shownDir: name,
    select: undefined,
    exclude: undefined,
    scratch: join(root, `${name}-scratch`),
    signal: new AbortController().signal,
    anyEnvironment: false,
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.errors));
  const { nodes, sources, exposures, unit_tests, groups, metadata } = loaded.graph.manifest;
  const { adapter_type } = metadata;
  writeFileSync(
    join(here, `${name}.graph.json`),
    `${JSON.stringify({ metadata: { adapter_type }, nodes, sources, exposures, unit_tests, groups }, without)}\n`,
  );
  for (const [file, checkSources] of [
    [`${name}.dagster.json`, ""],
    [`${name}.dagster-sources.json`, "1"],
  ] as const) {
    const manifest = join(root, `${name}-scratch/dbt-parse/manifest.json`);
    const result = spawnSync(python, [join(repository, "bench/dagster/dbt_mapping.py"), manifest], {
      env: { ...process.env, CHECK_SOURCES: checkSources },
      stdio: ["ignore", "pipe", "inherit"],
      maxBuffer: 2 ** 28,
    });
    if (result.status !== 0) throw new Error(`${python} ended with ${result.status}`);
    writeFileSync(join(here, file), `${JSON.stringify(JSON.parse(result.stdout.toString()))}\n`);
  }
  console.log(name, readFileSync(join(here, `${name}.graph.json`)).length);
}
rmSync(root, { recursive: true, force: true });

/** What the mapping does not look at only makes the recordings longer. */
function without(key: string, value: unknown): unknown {
  return key === "raw_code" || key === "checksum" ? undefined : value;
}
