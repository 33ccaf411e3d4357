/** Makes a copy of a public project that dbt and Headgate can build on DuckDB without a network. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { writeProject } from "../../e2e/support/project-shell.ts";
import type { PublicProject } from "./list.ts";

export interface Copy {
  readonly root: string;
  /** The dbt project in it. */
  readonly dbt: string;
}

function checkoutOf(folder: string, repository: string): string {
  const checkout = join(folder, repository.replace("/", "+"));
  if (!existsSync(checkout)) throw new Error(`There is no checkout of ${repository} at ${checkout}.`);
  return checkout;
}

export function prepare(project: PublicProject, checkouts: string, root: string): Copy {
  extract(checkoutOf(checkouts, project.repository), { commit: project.commit, to: root, without: project.without ?? [] });
  const dbt = join(root, project.folder);
  const packages = join(dbt, "dbt_packages");
  mkdirSync(packages, { recursive: true });
  for (const [name, place] of Object.entries(project.packages)) {
    // A local package is a link, as `dbt deps` makes it.
    if ("folder" in place) symlinkSync(relative(packages, join(root, place.folder)) || ".", join(packages, name));
    else extract(checkoutOf(checkouts, place.repository), { commit: place.commit, to: join(packages, name), without: [] });
  }
  writeFileSync(join(dbt, "profiles.yml"), profileOf(dbt));
  return { root, dbt };
}

/** Makes the copy a code location: what the documentation says, and nothing else. */
export function addLocation(copy: Copy): void {
  writeProject(copy.root, {
    name: "public",
    code: `import { defineCodeLocation, defineJob } from "@headgate/sdk";
import { dbtAssets, dbtProject } from "@headgate/sdk/dbt";

const project = dbtProject({ dir: ${JSON.stringify(relative(copy.root, copy.dbt) || ".")} });

export default defineCodeLocation({
  name: "public",
  assets: [dbtAssets({ project })],
  jobs: [defineJob({ name: "everything", selection: "*" })],
});
`,
  });
  // Some repositories leave their profile to the reader.
  writeFileSync(join(copy.root, ".headgateignore"), "!profiles.yml\n");
}

function extract(
  checkout: string,
  { commit, to, without }: { readonly commit: string; readonly to: string; readonly without: readonly string[] },
): void {
  mkdirSync(to, { recursive: true });
  const paths = [".", ...without.map((path) => `:(exclude)${path}`)];
  const archive = execFileSync("git", ["-C", checkout, "archive", commit, "--", ...paths], { maxBuffer: 2 ** 30 });
  execFileSync("tar", ["-x", "-C", to], { input: archive });
}

function profileOf(dbt: string): string {
  const name = /^profile:\s*["']?([\w-]+)/m.exec(readFileSync(join(dbt, "dbt_project.yml"), "utf8"))?.[1] ?? "default";
  const path = "{{ env_var('PUBLIC_DATABASE') }}";
  return `${name}:\n  target: dev\n  outputs:\n    dev:\n      type: duckdb\n      path: "${path}"\n      schema: main\n      threads: 2\n`;
}
