/** Writes a dbt project of any size, always the same for one number: layers, fans, chains, tests, sources and exposures, runnable on DuckDB. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const LAYERS = [
  { name: "bronze", share: 0.3, materialized: "view" },
  { name: "silver", share: 0.4, materialized: "table" },
  { name: "gold", share: 0.2, materialized: "table" },
  { name: "metrics", share: 0.1, materialized: "table" },
] as const;
const MODELS_PER_FOLDER = 25;

/** Statements that make the tables its sources name. */
export function writeDbtProject(folder: string, count: number): readonly string[] {
  const random = seeded(count);
  const put = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  const layers = LAYERS.map(
    ({ name, materialized }) => `    ${name}: {+schema: ${name}, +tags: ["${name}"], +materialized: ${materialized}}`,
  );
  put("dbt_project.yml", `name: generated\nversion: "1.0.0"\nprofile: generated\nmodels:\n  generated:\n${layers.join("\n")}\n`);
  put(
    "profiles.yml",
    `generated:\n  target: duckdb\n  outputs:\n    duckdb: {type: duckdb, path: "{{ env_var('DUCKDB_PATH') }}", schema: main, threads: 4}\n`,
  );
  put(
    "macros/generate_schema_name.sql",
    "{% macro generate_schema_name(custom, node) -%}{{ custom | trim if custom else target.schema }}{%- endmacro %}\n",
  );
  const sources = Array.from({ length: Math.max(1, Math.floor(count / 20)) }, (_, index) => `events_${index}`);
  put(
    "models/sources.yml",
    JSON.stringify({ version: 2, sources: [{ name: "raw", schema: "raw", tables: sources.map((name) => ({ name })) }] }),
  );

  let below: string[] = [];
  let number = 0;
  const last: string[] = [];
  for (const { name: layer, share } of LAYERS) {
    const own: string[] = [];
    const documents = new Map<string, object[]>();
    for (let index = 0; index < Math.round(count * share); index++, number++) {
      const name = `${layer}_${String(number).padStart(5, "0")}`;
      const folderName = `models/${layer}/team_${Math.floor(number / MODELS_PER_FOLDER)}`;
      put(`${folderName}/${name}.sql`, modelSql(upstreams({ index, sources, below, own, random })));
      const tests = ["not_null", "unique"].filter(() => random() < 0.75);
      const columns = [
        { name: "id", description: "Key.", data_tests: tests },
        { name: "v", description: "Value." },
      ];
      const documented = documents.get(folderName) ?? [];
      documents.set(folderName, [...documented, { name, description: `Table ${number} of layer ${layer}.`, columns }]);
      own.push(name);
    }
    for (const [path, models] of documents) put(`${path}/models.yml`, JSON.stringify({ version: 2, models }));
    below = own;
    last.push(...own.slice(-10));
  }
  const exposures = last.slice(0, Math.max(1, Math.floor(count / 100))).map((model, index) => ({
    name: `dashboard_${index}`,
    type: "dashboard",
    owner: { email: "bi@example.com" },
    depends_on: [`ref('${model}')`],
  }));
  put("models/exposures.yml", JSON.stringify({ version: 2, exposures }));
  return [
    "create schema if not exists raw",
    ...sources.map((name) => `create or replace table raw.${name} as select i as id, i % 10 as v from range(1, 21) t(i)`),
  ];
}

function modelSql(parents: readonly string[]): string {
  const parts = parents.map((parent) => `    select id, v from ${parent}`).join("\n    union all\n");
  return `with unioned as (\n${parts}\n)\n\nselect id, sum(v) as v\nfrom unioned\ngroup by id\n`;
}

function upstreams(input: {
  readonly index: number;
  readonly sources: readonly string[];
  readonly below: readonly string[];
  readonly own: readonly string[];
  readonly random: () => number;
}): string[] {
  const { index, sources, below, own, random } = input;
  if (below.length === 0) return [`{{ source('raw', '${sources[index % sources.length]}') }}`];
  const found = new Set<string>();
  for (let wanted = 1 + Math.floor(random() * 4); wanted > 0; wanted--) {
    const from = own.length > 0 && random() < 0.35 ? own.slice(-50) : below;
    found.add(`{{ ref('${from[Math.floor(random() * from.length)]}') }}`);
  }
  return [...found].sort();
}

/** A small generator (mulberry32): the same numbers everywhere. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
