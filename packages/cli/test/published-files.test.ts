/** What is published beside the bundle, and how bundled modules find it. */
import { chmodSync, cpSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { loadProject } from "../src/project/project.ts";
import { buildLocation, type BuiltLocation } from "../src/publish/build-location.ts";
import { collectFiles } from "../src/publish/project-files.ts";
import { temporaryFolder, temporaryProject, writeFiles } from "./project.test-support.ts";

const config = (more: string): string =>
  `import { defineConfig } from "@headgate/sdk/config";\nexport default defineConfig({ locations: [{ name: "demo", entry: "src/location.ts", ${more} }] });\n`;

async function build(root: string): Promise<BuiltLocation> {
  const project = await loadProject(root);
  const [location] = project.locations;
  if (location === undefined) throw new Error("no location");
  const built = await buildLocation(project, location, process.env);
  if (!built.ok) throw new Error(JSON.stringify(built.problems));
  return built.location;
}

/** As an agent lays a version out. */
function layOut(location: BuiltLocation): string {
  const to = temporaryFolder();
  for (const { path, source } of location.files) {
    mkdirSync(join(to, path, ".."), { recursive: true });
    if ("file" in source) cpSync(source.file, join(to, path));
    else writeFileSync(join(to, path), source.text);
  }
  writeFileSync(join(to, "package.json"), '{ "type": "module" }');
  return to;
}

describe("files beside the bundle", () => {
  it("keep their executable bit and are found by modules", async () => {
    const root = temporaryProject({
      "headgate.config.ts": config('include: ["scripts"]'),
      "scripts/score.sh": "#!/bin/sh\n",
      "scripts/notes.txt": "notes",
      "scripts/.env": "PASSWORD=x",
      "src/queries/orders.sql": "select 1",
      "src/queries/deep/more.sql": "select 2",
      "src/lib/texts.ts": `import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
const __dirname = dirname(fileURLToPath(import.meta.url));
export const atLoad = readFileSync(new URL("../queries/orders.sql", import.meta.url), "utf8");
export const more = (): string => readFileSync(join(__dirname, "../queries/deep", "more.sql"), "utf8");
export const here = [import.meta.dirname, import.meta.filename];
`,
      "src/old.cjs":
        'module.exports = { here: __dirname, text: () => require("node:fs").readFileSync(require("node:path").join(__dirname, "queries/orders.sql"), "utf8") };',
      "src/location.ts": `import { defineAsset, defineCodeLocation } from "@headgate/sdk";
import { atLoad, here, more } from "./lib/texts.ts";
import old from "./old.cjs";
Object.assign(globalThis, { seen: () => [atLoad, more(), ...here, old.here, old.text()] });
export default defineCodeLocation({ assets: [defineAsset({ key: "a", run: () => atLoad })] });
`,
    });
    chmodSync(join(root, "scripts/score.sh"), 0o755);
    const location = await build(root);
    expect(location.files.map(({ path, executable }) => [path, executable])).toEqual([
      ["bundle.js", false],
      ["bundle.js.map", false],
      ["scripts/notes.txt", false],
      ["scripts/score.sh", true],
      ["src/queries/deep/more.sql", false],
      ["src/queries/orders.sql", false],
    ]);
    expect(location.manifest.files.find(({ path }) => path === "scripts/score.sh")).toMatchObject({ executable: true });
    expect(location.manifest.files.find(({ path }) => path === "scripts/notes.txt")).not.toHaveProperty("executable");
    expect(location.warnings).toEqual([expect.stringContaining("scripts/.env is not published: it looks like a secret.")]);
    const at = layOut(location);
    await import(pathToFileURL(join(at, "bundle.js")).href);
    const { seen } = globalThis as unknown as { seen: () => unknown };
    expect(seen()).toEqual(["select 1", "select 2", join(at, "src/lib"), join(at, "src/lib/texts.ts"), join(at, "src"), "select 1"]);
  });

  it("packages with add-ons stay out, those with workers are named", async () => {
    const root = temporaryProject({
      "node_modules/sftp/package.json": '{"name":"sftp","version":"1.0.0","main":"index.js"}',
      "node_modules/sftp/index.js": 'module.exports = require("ssh");',
      "node_modules/ssh/package.json": '{"name":"ssh","version":"2.0.0","main":"index.js"}',
      "node_modules/ssh/index.js": 'module.exports = { connect: () => require("./lib/crypto/build/Release/ssh.node") };',
      "node_modules/ssh/lib/crypto/binding.gyp": "{}",
      "node_modules/ssh/lib/crypto/build/Release/ssh.node": "\0",
      "node_modules/logger/package.json": '{"name":"logger","version":"1.0.0","main":"index.js"}',
      "node_modules/logger/index.js": 'module.exports = require("stream-of-threads");',
      "node_modules/stream-of-threads/package.json": '{"name":"stream-of-threads","version":"1.0.0","main":"index.js"}',
      "node_modules/stream-of-threads/index.js":
        'const { join } = require("node:path"); const { Worker } = require("node:worker_threads"); exports.start = () => new Worker(join(__dirname, "worker.js"));',
      "src/location.ts": `import { defineAsset, defineCodeLocation } from "@headgate/sdk";
import sftp from "sftp";
import logger from "logger";
export default defineCodeLocation({ assets: [defineAsset({ key: "a", run: () => [sftp.connect(), logger.start()] })] });
`,
    });
    const location = await build(root);
    expect(location.externals).toContainEqual({ name: "ssh", version: "2.0.0" });
    expect(location.warnings).toEqual([
      `The package 'logger' starts or reads files beside its own (stream-of-threads/index.js), and a bundle does not have them. If a run cannot find them, write provided: ["logger"] at the code location in headgate.config.ts, and install logger where the agent runs.`,
    ]);
  });

  it.each([
    [["config/key.pem"], "config/key.pem, which looks like a secret"],
    [["missing"], "The include pattern 'missing' in headgate.config.ts matches no file."],
    [["../elsewhere"], "'../elsewhere' is outside the project"],
    [["large"], "large/zeros.bin has 94371841 bytes; a published file may have at most 94371840."],
  ])("include %j is refused with the place and the remedy", async (include, message) => {
    const folder = temporaryFolder();
    const root = join(folder, "project");
    writeFiles(folder, { "elsewhere/a.txt": "a", "project/config/key.pem": "-----BEGIN PRIVATE KEY-----\nx" });
    writeFiles(root, { "large/zeros.bin": "" });
    writeFileSync(join(root, "large/zeros.bin"), Buffer.alloc(94_371_841));
    const collected = await collectFiles({ root, folders: [], include, beside: [] });
    expect(collected).toMatchObject({ ok: false, problems: [{ message: expect.stringContaining(message), hint: expect.any(String) }] });
  });

  it("links are followed, databases are left out, .headgateignore decides", async () => {
    const root = temporaryFolder();
    writeFiles(root, {
      ".headgateignore": "*.tmp\n!/data/wanted.db\n",
      ".gitignore": "data/\n",
      "data/a.csv": "1",
      "data/b.tmp": "1",
      "data/wanted.db": "SQLite format 3\0",
      "data/other.bin": "SQLite format 3\0",
      "data/env/conda-meta/history": "",
      "elsewhere/linked.csv": "2",
    });
    symlinkSync("../elsewhere", join(root, "data/more"));
    symlinkSync("../data", join(root, "data/circle"));
    symlinkSync("nothing", join(root, "data/broken"));
    const collected = await collectFiles({ root, folders: [], include: ["data"], beside: [] });
    expect(collected).toMatchObject({
      ok: true,
      files: [{ path: "data/a.csv" }, { path: "data/more/linked.csv" }, { path: "data/wanted.db" }],
      warnings: [
        expect.stringContaining("data/env is not published: it is a Python environment"),
        expect.stringContaining("data/other.bin is not published: it is a database"),
      ],
    });
  });
});
