/** A code location whose values would differ between zones if its steps ran in the zone of the machine. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { writeProject } from "./project-shell.ts";

export const DAY = "2025-03-30";

const FILES: Readonly<Record<string, string>> = {
  "dbt/dbt_project.yml":
    'name: zoned\nversion: "1.0.0"\nconfig-version: 2\nprofile: zoned\nflags:\n  send_anonymous_usage_stats: false\nmodels:\n  +schema: lake\nsnapshots:\n  +schema: lake\nseeds:\n  +schema: lake\n',
  "dbt/profiles.yml":
    "zoned:\n  target: dev\n  outputs:\n    dev:\n      type: duckdb\n      path: \"{{ env_var('DUCKDB_PATH') }}\"\n      threads: 1\n",
  "dbt/macros/generate_schema_name.sql": "{% macro generate_schema_name(custom, node) -%}{{ custom or target.schema }}{%- endmacro %}\n",
  "dbt/models/events.sql":
    "{{ config(materialized='table', event_time='happened_at') }}\nselect * from (values (1, timestamptz '2025-03-30 00:30:00+00'), (2, timestamptz '2025-03-30 12:00:00+00'), (3, timestamptz '2025-03-30 23:30:00+00'), (4, timestamptz '2025-03-31 00:30:00+00')) t(id, happened_at)\n",
  "dbt/models/daily.sql":
    "{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='happened_at', batch_size='day', begin='2025-03-01') }}\nselect id, happened_at from {{ ref('events') }}\n",
  "dbt/snapshots/history.sql":
    "{% snapshot history %}{{ config(unique_key='id', strategy='check', check_cols=['id']) }}\nselect 1 as id\n{% endsnapshot %}\n",
  "window.py": `from dagster_pipes import open_dagster_pipes
import datetime

with open_dagster_pipes() as pipes:
    window = pipes.partition_time_window
    local = datetime.datetime.fromtimestamp(0).isoformat()
    pipes.report_asset_materialization(metadata={"start": str(window["start"]), "end": str(window["end"]), "local": local})
`,
  "headgate.config.ts": `import { defineConfig } from "@headgate/sdk/config";
export default defineConfig({ locations: [{ name: "zoned", entry: "location.ts", include: ["window.py"] }] });
`,
};

const CODE = `import { join } from "node:path";
import { dailyPartitions, defineAsset, defineCodeLocation, materialization } from "@headgate/sdk";
import { dbtAssets, dbtProject, microbatchPartitions } from "@headgate/sdk/dbt";
import { duckdbResource } from "@headgate/sdk/duckdb";
import { pipesResource } from "@headgate/sdk/pipes";

const project = dbtProject({ dir: "dbt", env: ({ storage }) => ({ DUCKDB_PATH: join(storage, "zoned.duckdb") }) });
const lake = dbtAssets({ project, exclude: "daily" });
const daily = dbtAssets({ project, name: "daily", select: "daily", partitions: microbatchPartitions });
const pipes = pipesResource();
const duckdb = duckdbResource({ path: "zoned.duckdb" });
const paris = dailyPartitions({ start: "2025-03-01", timezone: "Europe/Paris" });

const python = defineAsset({
  key: "code/python",
  partitions: paris,
  requires: [pipes],
  run: ({ resources }) => resources.pipes.run({ command: ["python3", "window.py"] }),
});
const dates = defineAsset({
  key: "code/dates",
  deps: ["lake/daily", "lake/history"],
  partitions: paris,
  requires: [duckdb],
  async run({ partition, resources }) {
    const from = new Date("2025-03-30T00:00:00Z");
    const found = await resources.duckdb.query("select string_agg(id::text, ',' order by id) as ids from lake.daily where happened_at >= ? and happened_at < ?", [from, new Date("2025-03-31T00:00:00Z")]);
    const [snapshot] = await resources.duckdb.query("select dbt_valid_from as at from lake.history");
    return materialization({
      metadata: {
        ids: String(found[0]?.ids),
        start: partition.window.start.toISOString(),
        end: partition.window.end.toISOString(),
        local: new Date(0).toString().slice(0, 33),
        snapshot_minutes_ago: Math.round((Date.now() - snapshot.at.getTime()) / 60_000),
      },
    });
  },
});

export default defineCodeLocation({ name: "zoned", assets: [lake, daily, python, dates], resources: [pipes, duckdb] });
`;

export function writeZonedProject(folder: string): void {
  writeProject(folder, { name: "zoned", code: CODE });
  for (const [path, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}
