/** Assets whose engine is broken in some way, each with one downstream; and dbt projects on Trino and on a locked DuckDB file. */
import { write, writeProject } from "./bad-project.ts";

/** What the code reads from the agent's environment. */
export type EngineAddresses = Readonly<
  Record<"TRINO_URL" | "HANGING_URL" | "BUSY_URL" | "S3_URL" | "S3_REGION" | "SHORT_S3_URL" | "S3_ID" | "S3_SECRET" | "LOCKED_DB", string>
>;

export function writeFaultyEngines(folder: string): void {
  writeProject(folder, [{ name: "engines", code: CODE, config: ", indexTimeout: 300" }]);
  for (const name of ["warehouse", "slow", "locked"])
    write(
      folder,
      `${name}/dbt_project.yml`,
      `name: ${name}\nversion: "1.0.0"\nconfig-version: 2\nprofile: ${name}\nmodels: {+materialized: table}\n`,
    );
  for (const name of ["warehouse", "slow"]) write(folder, `${name}/profiles.yml`, trinoProfile(name));
  write(folder, "locked/profiles.yml", `locked: {target: dev, outputs: {dev: {type: duckdb, path: "{{ env_var('LOCKED_DB') }}"}}}\n`);
  write(folder, "locked/models/in_locked_file.sql", "select 1 as id\n");
  const models = {
    sound: "select 1 as id",
    broken: "select id, no_such_column from {{ ref('sound') }}",
    below_broken: "select * from {{ ref('broken') }}",
    killed: `select count(*) as n from tpch.sf1000.lineitem where comment = 'a killed model' and 1 = (select count(*) from {{ ref('sound') }})`,
    below_killed: "select * from {{ ref('killed') }}",
    doubted: "select id from {{ ref('sound') }}",
    beside: "select id from {{ ref('sound') }}",
    below_doubted: "select id from {{ ref('doubted') }}",
  };
  for (const [name, sql] of Object.entries(models)) write(folder, `warehouse/models/${name}.sql`, `${sql}\n`);
  write(
    folder,
    "warehouse/models/tests.yml",
    `models:
  - {name: doubted, columns: [{name: id, data_tests: [{accepted_values: {name: doubted_is_two, arguments: {values: [2], quote: false}}}]}]}
  - {name: beside, columns: [{name: id, data_tests: [{accepted_values: {name: beside_is_two, arguments: {values: [2], quote: false}, config: {severity: warn}}}]}]}
`,
  );
  for (const name of ENDLESS)
    write(folder, `slow/models/${name}.sql`, `select count(*) as n from tpch.sf1000.lineitem where comment = '${name}'\n`);
}

/** Models that take hours, known by their name in the text of the query. */
export const ENDLESS = ["endless_cancel", "endless_timeout", "endless_agent", "endless_worker"] as const;
export const ENDLESS_TIMEOUT_SECONDS = 25;

function trinoProfile(name: string): string {
  return `${name}:
  target: trino
  outputs:
    trino:
      {type: trino, method: none, http_scheme: http, host: 127.0.0.1, cert: true, user: dbt, database: lakehouse, schema: ${name}, threads: 2,
       port: "{{ env_var('TRINO_URL').split(':')[2] | as_number }}"}
`;
}

const CODE = `import { defineAsset, defineCodeLocation, materialization } from "@headgate/sdk";
import { dbtAssets, dbtProject } from "@headgate/sdk/dbt";
import { duckdbResource } from "@headgate/sdk/duckdb";
import { pipesResource } from "@headgate/sdk/pipes";
import { s3Resource } from "@headgate/sdk/s3";
import { trinoResource } from "@headgate/sdk/trino";

const resources: never[] = [];
const TABLE = "select count(*) from nation";
const trino = (name: string, options: object, sql = TABLE) => {
  const resource = trinoResource({ key: name, url: { env: "TRINO_URL" }, catalog: "tpch", schema: "tiny", ...options });
  return faulty(name, resource, async ({ resources }) => void (await resources[name].execute(sql)));
};
const s3 = (name: string, options: object) => {
  const keys = { accessKeyId: { env: "S3_ID" }, secretAccessKey: { env: "S3_SECRET" } };
  const resource = s3Resource({ key: name, endpoint: { env: "S3_URL" }, region: { env: "S3_REGION" }, bucket: "lakehouse", retries: 1, ...keys, ...options });
  return faulty(name, resource, async ({ resources }) => void (await (await resources[name].get("none")).text()));
};
const pipes = (name: string, script: string) =>
  faulty(name, pipesResource({ key: name }), ({ resources }) => resources[name].run({ command: ["sh", "-c", script] }));
function faulty(name: string, resource: never, run: never) {
  resources.push(resource);
  const broken = defineAsset({ key: \`\${name}/broken\`, requires: [resource], run });
  return [broken, defineAsset({ key: \`\${name}/below\`, deps: [broken], run: () => materialization({ metadata: {} }) })];
}
const dbt = (dir: string) => dbtProject({ dir, env: () => ({ TRINO_URL: process.env.TRINO_URL, LOCKED_DB: process.env.LOCKED_DB }) });

export default defineCodeLocation({
  assets: [
    trino("trino_down", { url: "http://127.0.0.1:1", patience: 1 }),
    trino("trino_hangs", { url: { env: "HANGING_URL" }, patience: 1, idleTimeout: 0.5 }),
    trino("trino_busy", { url: { env: "BUSY_URL" }, patience: 1 }),
    trino("trino_catalog", { catalog: "nope" }),
    trino("trino_schema", { schema: "nope" }),
    trino("trino_password", { auth: { type: "basic", password: "wrong" } }),
    trino("trino_memory", { session: { query_max_memory: "1MB" } }, "select custkey, array_agg(comment) from tpch.sf1.orders group by 1"),
    trino("trino_killed", {}, "select count(*) from tpch.sf1000.lineitem where comment = 'a killed query'"),
    s3("s3_denied", { secretAccessKey: "wrong" }),
    s3("s3_region", { region: "mars-north-1" }),
    s3("s3_truncated", { endpoint: { env: "SHORT_S3_URL" } }),
    pipes("pipes_garbage", "echo garbage >> $HEADGATE_PIPES_MESSAGES_FILE"),
    pipes("pipes_dies", "echo last words >&2; kill -9 $$"),
    pipes("pipes_left", "sleep 600 &"),
    faulty("duckdb_locked", duckdbResource({ path: process.env.LOCKED_DB ?? "locked.duckdb" }), async ({ resources }) => {
      await resources.duckdb.execute("create table t (n integer)");
    }),
    defineAsset({ key: "sound/asset", run: () => materialization({ metadata: { row_count: 1 } }) }),
    dbtAssets({ project: dbt("warehouse") }),
    dbtAssets({ project: dbt("locked") }),
    dbtAssets({ project: dbt("slow"), exclude: "endless_timeout" }),
    dbtAssets({ project: dbt("slow"), name: "timeout", select: "endless_timeout", timeout: ${ENDLESS_TIMEOUT_SECONDS} }),
  ].flat(),
  resources,
});
`;
