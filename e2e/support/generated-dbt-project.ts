/** Writes an unrelated dbt project of N models in layers, with tests and its own raw data, and the ten lines that make it a code location. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ROOT } from "./stack.ts";

export interface GeneratedProject {
  readonly models: number;
  readonly tests: number;
}

const LAYERS = ["staging", "intermediate", "marts", "reporting"] as const;

export function generateDbtProject(folder: string, count: number): GeneratedProject {
  const write = (path: string, text: string) => {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  };
  write(
    "warehouse/dbt_project.yml",
    `name: warehouse\nversion: "1.0.0"\nconfig-version: 2\nprofile: warehouse\nflags:\n  send_anonymous_usage_stats: false\nmodels:\n  warehouse:\n${LAYERS.map((layer) => `    ${layer}:\n      +schema: ${layer}\n`).join("")}`,
  );
  write(
    "warehouse/profiles.yml",
    `warehouse:\n  target: dev\n  outputs:\n    dev:\n      type: duckdb\n      path: "{{ env_var('DUCKDB_PATH', 'warehouse.duckdb') }}"\n      threads: 2\n`,
  );
  write(
    "warehouse/macros/generate_schema_name.sql",
    "{% macro generate_schema_name(custom_schema_name, node) -%}{{ custom_schema_name or target.schema }}{%- endmacro %}\n",
  );
  const perLayer = Math.ceil(count / LAYERS.length);
  const tested: string[] = [];
  let made = 0;
  LAYERS.forEach((layer, depth) => {
    const models: string[] = [];
    for (let i = 0; i < perLayer && made < count; i++, made++) {
      const name = `${layer}_${String(i).padStart(3, "0")}`;
      const above = LAYERS[depth - 1];
      const parents =
        above === undefined ? [] : [...new Set([i, (i * 7 + 3) % perLayer])].map((parent) => `${above}_${String(parent).padStart(3, "0")}`);
      const from =
        parents.length === 0
          ? `select range as id, range * ${i + 1} as value from range(${20 + (i % 5)})`
          : parents.map((parent) => `select id, value from {{ ref('${parent}') }}`).join(" union ");
      write(
        `warehouse/models/${layer}/${name}.sql`,
        `${depth === LAYERS.length - 1 ? "{{ config(materialized='table') }}\n" : ""}${from}\n`,
      );
      models.push(name);
    }
    const yaml = models.map((name, i) => {
      if (i % 3 !== 0) return `  - name: ${name}\n    description: Model ${i} of ${layer}.\n`;
      tested.push(name);
      return `  - name: ${name}\n    description: Model ${i} of ${layer}.\n    columns:\n      - name: id\n        data_tests: [not_null]\n`;
    });
    write(`warehouse/models/${layer}/${layer}.yml`, `version: 2\nmodels:\n${yaml.join("")}`);
  });
  write(
    "location.ts",
    `import { join } from "node:path";
import { defineCodeLocation, defineJob } from "@headgate/sdk";
import { dbtAssets, dbtProject } from "@headgate/sdk/dbt";

const project = dbtProject({ dir: "warehouse", env: ({ storage }) => ({ DUCKDB_PATH: join(storage, "warehouse.duckdb") }) });

export default defineCodeLocation({
  name: "warehouse",
  assets: [dbtAssets({ project })],
  jobs: [defineJob({ name: "everything", selection: "*" })],
});
`,
  );
  write(
    "headgate.config.ts",
    `import { defineConfig } from "@headgate/sdk/config";\n\nexport default defineConfig({ locations: [{ name: "warehouse", entry: "location.ts" }] });\n`,
  );
  write("package.json", `{ "name": "warehouse", "private": true, "type": "module" }\n`);
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  return { models: made, tests: tested.length };
}
