import { join } from "node:path";
import { expect, it, describe } from "vitest";
import { matters } from "./watch-project.ts";

const root = "/nowhere/project";
const locations = [
  {
    inputs: ["/nowhere/packages/lib/src/tools.ts"],
    files: [
      { path: "dbt/models/logs/a.sql", sha256: "", size: 0, executable: false, source: { file: join(root, "dbt/models/logs/a.sql") } },
      {
        path: "dbt/dbt_packages/shared/macros/m.sql",
        sha256: "",
        size: 0,
        executable: false,
        source: { file: "/nowhere/shared/macros/m.sql" },
      },
      {
        path: "dbt/target/headgate/graph-1.json",
        sha256: "",
        size: 0,
        executable: false,
        source: { file: join(root, "dbt/target/headgate/graph-1.json") },
      },
    ],
    folders: [
      {
        path: "dbt",
        ignore: [],
        files: [],
        outputs: ["dbt/target", "dbt/logs"],
        links: [{ path: "dbt/dbt_packages/shared", real: "/nowhere/shared" }],
      },
    ],
  },
];

describe("the watcher of a project", () => {
  it.each([
    ["a model in a folder called logs", "dbt/models/logs/a.sql", true],
    ["a new model in a folder called build", "dbt/models/build/b.sql", true],
    ["a new file of data that is published", "dbt/data/x.parquet", true],
    ["the rules of what is left out", "dbt/.headgateignore", true],
    ["a module of the workspace", "/nowhere/packages/lib/src/tools.ts", true],
    ["another module of the workspace", "/nowhere/packages/lib/src/other.ts", false],
    ["a file of a linked package", "/nowhere/shared/macros/m.sql", true],
    ["a new file of a linked package", "/nowhere/shared/macros/new.sql", true],
    ["what dbt writes", "dbt/target/manifest.json", false],
    ["what the build itself writes", "dbt/target/headgate/graph-1.json", false],
    ["a log of dbt", "dbt/logs/dbt.log", false],
    ["a database", "dbt/dev.duckdb", false],
    ["a file that an editor keeps while one types", "dbt/models/.a.sql.swp", false],
    ["data that an asset writes", "out/result.csv", false],
    ["the configuration", "headgate.config.ts", true],
  ])("%s: %s matters: %s", (_what, path, expected) => {
    expect(matters({ root }, locations, path.startsWith("/") ? path : join(root, path))).toBe(expected);
  });
});
