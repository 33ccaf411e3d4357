/**
 * Builds public dbt projects with dbt alone and with Headgate, on DuckDB, and says where they differ:
 * `node bench/public-projects/main.ts FOLDER [--only NAME] [--dagster-python PYTHON]`. FOLDER holds a checkout `owner+name` of each repository in
 * `list.ts`. With a Python that has dagster-dbt, the keys and dependencies are compared with its as well. Needs `npm run build`.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { DefinitionsDocument } from "@headgate/shared/contract/catalog/definitions.ts";
import { isTerminalRun } from "@headgate/shared/domain/run/status.ts";
import { removeFolder, ROOT, stackEnv, startStack, temporaryFolder, until, type Stack } from "../../e2e/support/stack.ts";
import { compare, type DbtOutcomes, type HeadgateOutcomes } from "./compare.ts";
import { compareMapping, type DagsterMapping } from "./compare-mapping.ts";
import { PUBLIC_PROJECTS, type PublicProject } from "./list.ts";
import { addLocation, prepare } from "./prepare.ts";

const LONGEST_MS = 1_800_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: "string" }, "dagster-python": { type: "string" } },
});
const [folder] = positionals;
if (folder === undefined) {
  console.error("error: name the folder of the checkouts: node bench/public-projects/main.ts FOLDER");
  process.exit(2);
}
let different = 0;
for (const project of PUBLIC_PROJECTS) {
  if (values.only !== undefined && !project.repository.includes(values.only)) continue;
  try {
    different += await compareProject(project, resolve(folder));
  } catch (error) {
    different++;
    console.log(`${project.repository}: ${String(error)}`);
  }
}
console.log(different === 0 ? "no difference" : `${different} differences`);
process.exitCode = different === 0 ? 0 : 1;

async function compareProject(project: PublicProject, checkouts: string): Promise<number> {
  const root = temporaryFolder("public");
  try {
    const alone = prepare(project, checkouts, join(root, "alone"));
    const dbt = dbtAlone(alone.dbt, join(root, "alone.duckdb"));
    const copy = prepare(project, checkouts, join(root, "headgate"));
    addLocation(copy);
    const stack = await startStack({ project: copy.root, env: { PUBLIC_DATABASE: join(root, "headgate.duckdb") } });
    try {
      const document = await definitionsOf(stack);
      const { nodes, tests, checks, differences } = compare(dbt, await headgateOutcomes(stack, document), project.random);
      const python = values["dagster-python"];
      const mapping =
        python === undefined
          ? []
          : compareMapping(document, dagsterMapping(python, join(alone.dbt, "target/manifest.json")), checkedHereOnly(alone.dbt));
      console.log(`${project.repository} ${project.commit}`);
      console.log(`  dbt build: nodes ${text(nodes)}; tests ${text(tests)}`);
      console.log(`  Headgate: checks ${text(checks)}; ${differences.length} nodes differ`);
      for (const difference of [...differences, ...mapping]) console.log(`    ${difference}`);
      if (python !== undefined) console.log(`  mapping: ${mapping.length} differences beyond the documented ones`);
      return differences.length + mapping.length;
    } finally {
      await stack.stop();
      removeFolder(stack.data);
    }
  } finally {
    removeFolder(root);
  }
}

function dbtAlone(dbt: string, database: string): DbtOutcomes {
  const result = spawnSync(join(ROOT, ".venv/bin/dbt"), ["build", "--profiles-dir", ".", "--target-path", "target"], {
    cwd: dbt,
    env: { ...stackEnv(), PUBLIC_DATABASE: database, DBT_SEND_ANONYMOUS_USAGE_STATS: "false" },
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  const file = join(dbt, "target/run_results.json");
  if (!existsSync(file)) throw new Error(`dbt build ended with ${result.status} and without results:\n${result.stdout}`);
  const { results } = JSON.parse(readFileSync(file, "utf8")) as {
    readonly results: readonly { readonly unique_id: string; readonly status: string }[];
  };
  return new Map(results.map(({ unique_id: id, status }) => [id, status]));
}

async function definitionsOf(stack: Stack): Promise<DefinitionsDocument> {
  const [location] = await stack.api.locations.list.query();
  if (location?.status !== "loaded") throw new Error(`the code location did not load: ${JSON.stringify(location?.errors)}`);
  const { hash } = await stack.api.definitions.hash.query();
  const { org, name } = stack.deployment;
  const answer = await fetch(`${stack.url}/api/${org}/${name}/definitions/${hash}`, {
    headers: { authorization: `Bearer ${stack.token}` },
  });
  if (!answer.ok) throw new Error(`the definitions were answered with HTTP ${answer.status}`);
  return (await answer.json()) as DefinitionsDocument;
}

async function headgateOutcomes(stack: Stack, document: DefinitionsDocument): Promise<HeadgateOutcomes> {
  const run = await stack.api.runs.launch.mutate({ target: { job: "everything" } });
  await until("the run ends", async () => isTerminalRun((await stack.api.runs.get.query({ run: run.id })).run.status), LONGEST_MS);
  const states = new Map((await stack.api.assets.states.query({ limit: 10_000 })).items.map((state) => [state.key, state]));
  const nodes = new Map<string, "built" | "failed" | "not built">();
  const checks = new Map<string, "passed" | "warned" | "failed" | "none">();
  for (const asset of document.assets) {
    const id = asset.metadata["dbt_unique_id"];
    if (asset.unit === null || id?.type !== "text") continue;
    const state = states.get(asset.key);
    nodes.set(id.value, state?.failed ? "failed" : state?.materialized ? "built" : "not built");
    if (asset.checks.length === 0) continue;
    for (const { name, latest } of await stack.api.assets.checks.query({ key: asset.key })) {
      checks.set(
        `${asset.key}:${name}`,
        latest === null ? "none" : latest.passed ? "passed" : latest.severity === "warn" ? "warned" : "failed",
      );
    }
  }
  return { nodes, checks };
}

function dagsterMapping(python: string, manifest: string): DagsterMapping {
  const result = spawnSync(python, [join(ROOT, "bench/dagster/dbt_mapping.py"), manifest], { encoding: "utf8", maxBuffer: 2 ** 28 });
  if (result.status !== 0) return { refused: result.stderr.trim().split("\n").at(-1) ?? "", assets: {}, checks: {} };
  return JSON.parse(result.stdout) as DagsterMapping;
}

interface ManifestTests {
  readonly unit_tests: Readonly<Record<string, { readonly name: string }>>;
  readonly nodes: Readonly<
    Record<string, { readonly name: string; readonly attached_node?: string | null; readonly config: { readonly materialized?: string } }>
  >;
}

/** Unit tests, tests that are attached to no table, and names that several tests have. */
function checkedHereOnly(dbt: string): ReadonlySet<string> {
  const { unit_tests: unitTests, nodes } = JSON.parse(readFileSync(join(dbt, "target/manifest.json"), "utf8")) as ManifestTests;
  const isTable = (id: string): boolean => nodes[id] !== undefined && nodes[id].config.materialized !== "ephemeral";
  const loose = Object.entries(nodes).filter(([id, { attached_node: node }]) => id.startsWith("test.") && (node == null || !isTable(node)));
  const names = Object.entries(nodes).flatMap(([id, { name }]) => (id.startsWith("test.") ? [name] : []));
  const repeated = names.filter((name, index) => names.indexOf(name) !== index);
  return new Set([...[...Object.values(unitTests), ...loose.map(([, test]) => test)].map(({ name }) => name), ...repeated]);
}

function text(counts: Readonly<Record<string, number>>): string {
  return (
    Object.entries(counts)
      .map(([name, count]) => `${count} ${name}`)
      .join(", ") || "none"
  );
}
