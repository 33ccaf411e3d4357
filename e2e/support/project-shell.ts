/** What every generated project has around its code: a package, the repository's modules, and one code location in `location.ts`. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./stack.ts";

export function writeProject(folder: string, project: { readonly name: string; readonly code: string }): void {
  mkdirSync(folder, { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  writeFileSync(join(folder, "package.json"), `{ "name": "${project.name}", "private": true, "type": "module" }\n`);
  writeFileSync(
    join(folder, "headgate.config.ts"),
    `import { defineConfig } from "@headgate/sdk/config";\nexport default defineConfig({ locations: [{ name: "${project.name}", entry: "location.ts" }] });\n`,
  );
  writeFileSync(join(folder, "location.ts"), project.code);
}
