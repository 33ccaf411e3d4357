/** Projects in temporary folders, with the repository's SDK linked as if it were installed. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

export const REPOSITORY = fileURLToPath(new URL("../../..", import.meta.url)).replace(/\/$/, "");

export const CONFIG =
  'import { defineConfig } from "@headgate/sdk/config";\nexport default defineConfig({ locations: [{ name: "demo", entry: "src/location.ts" }] });\n';

export const LOCATION = `import { defineAsset, defineCodeLocation } from "@headgate/sdk";
export const orders = defineAsset({ key: "bronze/orders", run: () => [1, 2, 3] });
export default defineCodeLocation({ name: "demo", assets: [orders] });
`;

export function temporaryFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "headgate-cli-")));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

/** A project with one code location `demo`; `files` replace or add to it. */
export function temporaryProject(files: Readonly<Record<string, string>> = {}): string {
  const folder = temporaryFolder();
  linkSdk(folder);
  writeFiles(folder, { "package.json": '{"type":"module"}', "headgate.config.ts": CONFIG, "src/location.ts": LOCATION, ...files });
  return folder;
}

export function linkSdk(folder: string): void {
  mkdirSync(join(folder, "node_modules/@headgate"), { recursive: true });
  symlinkSync(join(REPOSITORY, "packages/sdk"), join(folder, "node_modules/@headgate/sdk"));
}
