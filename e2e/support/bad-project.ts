/** Code locations with every mistake a person can make, and a project of assets that go wrong in every way when they run. */
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ROOT } from "./stack.ts";

export interface LocationSource {
  readonly name: string;
  readonly code: string;
  /** Further entries of the location in headgate.config.ts. */
  readonly config?: string;
}

/** Writes a project of several code locations; called again, it is the next state of the same project. */
export function writeProject(folder: string, locations: readonly LocationSource[]): void {
  const entries = locations.map(({ name, config = "" }) => `{ name: "${name}", entry: "${name}.ts"${config} }`);
  write(
    folder,
    "headgate.config.ts",
    `import { defineConfig } from "@headgate/sdk/config";\nexport default defineConfig({ locations: [${entries.join(", ")}] });\n`,
  );
  write(folder, "package.json", `{ "name": "bad-input", "private": true, "type": "module" }\n`);
  for (const { name, code } of locations) write(folder, `${name}.ts`, code);
  if (!existsSync(join(folder, "node_modules"))) symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
}

export function write(folder: string, path: string, text: string): void {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

const SDK = `import { defineAsset, defineCodeLocation, defineJob, defineSchedule } from "@headgate/sdk";\n`;

/** A location with one asset of its own, as the good state before something goes wrong. */
export function goodLocation(name: string, value = 1): LocationSource {
  return {
    name,
    code: `${SDK}export default defineCodeLocation({ assets: [defineAsset({ key: "${name}/one", run: () => ${value} })] });\n`,
  };
}

/** Each does not load, for the reason in its name. */
export const BROKEN: readonly LocationSource[] = [
  {
    name: "syntax",
    code: `${SDK}const one = defineAsset({ key: "syntax/one", run: () => 1 );\nexport default defineCodeLocation({ assets: [one] });\n`,
  },
  {
    name: "missing",
    code: `import { chunk } from "no-such-package-here";\n${SDK}export default defineCodeLocation({ env: chunk([]) });\n`,
  },
  {
    name: "throws",
    code: `${SDK}function settings(): never {\n  throw new RangeError("the settings have no section 'prod'");\n}\nexport default defineCodeLocation({ env: settings() });\n`,
  },
  {
    name: "slow",
    config: ", indexTimeout: 1",
    code: `${SDK}console.log("connecting");\nawait new Promise((wake) => setTimeout(wake, 60_000));\nexport default defineCodeLocation({});\n`,
  },
  { name: "exportless", code: `export const one = 1;\n` },
  { name: "named", code: `${SDK}export default defineCodeLocation({ name: "other" });\n` },
  {
    name: "invalid",
    code: `${SDK}const a = defineAsset({ key: "invalid/a", deps: ["invalid/b"], run: () => 1 });
const b = defineAsset({ key: "invalid/b", deps: [a], run: () => 1 });
const again = defineAsset({ key: "invalid/a", run: () => 2 });
const job = defineJob({ name: "unreadable", selection: "group:default and (" });
const none = defineJob({ name: "none", selection: "group:nowhere" });
export default defineCodeLocation({ assets: [a, b, again], jobs: [job, none], schedules: [defineSchedule({ job: none, cron: "61 * * * *" })] });
`,
  },
  // Good by itself, but the key belongs to another location.
  {
    name: "taken",
    code: `${SDK}export default defineCodeLocation({ assets: [defineAsset({ key: "fine/one", run: () => 1 }), defineAsset({ key: "taken/new", run: () => 1 })] });\n`,
  },
];

/** Assets that fail while they run, two good ones, and a dbt project whose second model has an error in its SQL. */
export function writeLab(folder: string): void {
  writeProject(folder, [{ name: "lab", code: LAB }]);
  writeDbtProject(folder, PROFILE);
}

/** A location of nothing but a dbt project, whose profile names an adapter that does not exist. */
export function writeBrokenProfile(folder: string): void {
  const code = `import { defineCodeLocation } from "@headgate/sdk";\nimport { dbtAssets, dbtProject } from "@headgate/sdk/dbt";\nexport default defineCodeLocation({ assets: [dbtAssets({ project: dbtProject({ dir: "warehouse" }) })] });\n`;
  writeProject(folder, [{ name: "profile", code }]);
  writeDbtProject(folder, PROFILE.replace("type: duckdb", "type: duckbd"));
}

const PROFILE = `warehouse:\n  target: dev\n  outputs:\n    dev:\n      type: duckdb\n      path: "{{ env_var('DUCKDB_PATH', 'warehouse.duckdb') }}"\n`;

function writeDbtProject(folder: string, profile: string): void {
  write(
    folder,
    "warehouse/dbt_project.yml",
    `name: warehouse\nversion: "1.0.0"\nconfig-version: 2\nprofile: warehouse\nflags:\n  send_anonymous_usage_stats: false\n`,
  );
  write(folder, "warehouse/profiles.yml", profile);
  write(folder, "warehouse/models/sound.sql", "select 1 as id\n");
  write(folder, "warehouse/models/broken.sql", "select id, no_such_column + 1 as price from {{ ref('sound') }}\n");
  write(folder, "warehouse/models/below.sql", "select * from {{ ref('broken') }}\n");
}

const LAB = `import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { defineAsset, defineCodeLocation, defineJob, materialization } from "@headgate/sdk";
import { dbtAssets, dbtProject } from "@headgate/sdk/dbt";

const metadata = (name: string, value: unknown) => defineAsset({ key: \`bad/\${name}\`, run: () => materialization({ metadata: { entry: value as never } }) });
const circle: Record<string, unknown> = {};
circle.self = circle;
const good = defineAsset({ key: "good/one", run: () => materialization({ metadata: { row_count: 3 } }) });
const throws = defineAsset({ key: "bad/throws", run: () => {
  throw new TypeError("the price is missing");
} });

export default defineCodeLocation({
  assets: [
    good,
    defineAsset({ key: "good/slow", run: async ({ log }) => {
      log.info("before");
      await sleep(3000);
      log.info("after");
      return materialization({ metadata: { row_count: 1 } });
    } }),
    metadata("function", () => 1),
    metadata("circle", circle),
    metadata("nan", Number.NaN),
    metadata("large", "x".repeat(300_000)),
    defineAsset({ key: "bad/value", run: () => (() => 1) as never }),
    defineAsset({ key: "bad/long_line", run: ({ log }) => {
      log.info("y".repeat(300_000));
      return materialization({ metadata: { row_count: 1 } });
    } }),
    defineAsset({ key: "bad/killed", run: () => {
      process.stderr.write("last words\\n");
      setTimeout(() => process.kill(process.pid, "SIGKILL"), 50);
      return new Promise<never>(() => undefined);
    } }),
    defineAsset({ key: "bad/exits", run: () => process.exit(3) }),
    throws,
    defineAsset({ key: "bad/below", deps: [throws], run: () => materialization({ metadata: {} }) }),
    dbtAssets({ project: dbtProject({ dir: "warehouse", env: ({ storage }) => ({ DUCKDB_PATH: join(storage, "warehouse.duckdb") }) }) }),
  ],
  jobs: [defineJob({ name: "goods", selection: "good/*" })],
});
`;
