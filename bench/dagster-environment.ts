/** Provides the Dagster to compare with: an environment of its own, installed from PyPI when it is first needed. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

const VERSION = "1.13.27";

/** The folder with its programs. */
export function installDagster(): string {
  const folder = join(import.meta.dirname, "..", ".headgate-bench", `dagster-${VERSION}`);
  const bin = join(folder, "bin");
  if (existsSync(join(bin, "dagster"))) return bin;
  console.log(`installing Dagster ${VERSION} from PyPI into its own environment`);
  for (const [command, args] of [
    ["python3", ["-m", "venv", folder]],
    [join(bin, "pip"), ["install", "--quiet", `dagster==${VERSION}`, `dagster-webserver==${VERSION}`]],
  ] as const) {
    const result = spawnSync(command, args, { stdio: ["ignore", "inherit", "inherit"] });
    if (result.status !== 0) throw new Error(`could not install Dagster: ${command} ended with ${result.status}`);
  }
  return bin;
}

/** The same environment with dagster-dbt and the dbt that the examples use. */
export function installDagsterDbt(): string {
  const bin = installDagster();
  if (existsSync(join(bin, "dbt"))) return bin;
  console.log("installing dagster-dbt from PyPI into the same environment");
  const packages = ["dagster-dbt==0.29.27", "dbt-core==1.11.16", "dbt-duckdb==1.11.1", "duckdb==1.5.6"];
  const result = spawnSync(join(bin, "pip"), ["install", "--quiet", ...packages], { stdio: ["ignore", "inherit", "inherit"] });
  if (result.status !== 0) throw new Error(`could not install dagster-dbt: pip ended with ${result.status}`);
  return bin;
}
