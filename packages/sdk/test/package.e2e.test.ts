/** The package as a user gets it: packed, unpacked outside the repository, compiled with tsc and run with plain node. */
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";

const run = promisify(execFile);
const sdk = resolve(import.meta.dirname, "..");
const repository = resolve(sdk, "../..");
const MAIN = `import { airbyteResource, airbyteSensor } from "@headgate/sdk/airbyte";
import { createClient } from "@headgate/sdk/client";
import { defineConfig } from "@headgate/sdk/config";
import { dbtProject } from "@headgate/sdk/dbt";
import { createRuntime } from "@headgate/sdk/runtime";
import { s3FileSensor, s3Resource, type S3 } from "@headgate/sdk/s3";
import { materialize } from "@headgate/sdk/testing";
import { dimCustomer, lakehouse, stgCustomers } from "./program.ts";

const result = await materialize([stgCustomers, dimCustomer], { resources: { dbt: { run: async () => ({ elapsed: 1 }) } } });
const value: string = result.value("stg_customers");
// @ts-expect-error there is no such asset
result.value("nope");
const { draft, errors } = await createRuntime(lakehouse).index({ root: process.cwd(), scratch: process.cwd(), env: {} });
const s3 = s3Resource({ accessKeyId: { env: "S3_ID" }, secretAccessKey: { env: "S3_SECRET" } });
export const newest = async (client: S3): Promise<string> => (await client.get("newest")).text();
s3FileSensor({ name: "files", s3, prefix: "inbox/" });
const functions = [createClient, defineConfig, dbtProject, airbyteResource, airbyteSensor, s3FileSensor].map((entry) => typeof entry);
console.log(JSON.stringify({ success: result.success, value, functions, errors, source: draft?.assets[0]?.source }));
`;
const TSCONFIG = {
  compilerOptions: {
    module: "nodenext",
    target: "es2024",
    strict: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    skipLibCheck: false,
    types: ["node"],
  },
  files: ["main.ts"],
};

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "headgate-package-"));
  const installed = join(folder, "node_modules/@headgate/sdk");
  await mkdir(installed, { recursive: true });
  const { stdout } = await run("npm", ["pack", "--json", "--loglevel=error", "--pack-destination", folder], {
    cwd: sdk,
    maxBuffer: 64 * 1024 * 1024,
  });
  const name = /"filename":\s*"([^"]+)"/.exec(stdout)?.[1] ?? "";
  await run("tar", ["-xzf", join(folder, name), "-C", installed, "--strip-components=1"]);
  await mkdir(join(folder, "node_modules/@types"));
  await symlink(join(repository, "node_modules/zod"), join(folder, "node_modules/zod"));
  await symlink(join(repository, "node_modules/@types/node"), join(folder, "node_modules/@types/node"));
  await symlink(join(repository, "node_modules/undici-types"), join(folder, "node_modules/undici-types"));
  await cp(join(import.meta.dirname, "lakehouse-program.ts"), join(folder, "program.ts"));
  await writeFile(join(folder, "main.ts"), MAIN);
  await writeFile(join(folder, "package.json"), '{ "private": true, "type": "module" }');
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify(TSCONFIG));
}, 180_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

it("the package type-checks a user's program, also with library checks on", async () => {
  const { stdout } = await run(process.execPath, [join(repository, "node_modules/typescript/bin/tsc"), "-p", folder]).catch(
    (error: unknown) => error as { stdout: string },
  );
  expect(stdout).toBe("");
}, 120_000);

it("the package runs a user's program without any condition or loader", async () => {
  const { stdout } = await run(process.execPath, ["--enable-source-maps", "main.ts"], { cwd: folder });
  expect(JSON.parse(stdout)).toEqual({
    success: true,
    value: "stg_customers materialized",
    functions: Array.from({ length: 6 }, () => "function"),
    errors: [],
    source: { file: "program.ts", line: expect.any(Number) as number },
  });
}, 60_000);

it("the package contains only what is built and names the code in it", async () => {
  const manifest = JSON.parse(await readFile(join(folder, "node_modules/@headgate/sdk/package.json"), "utf8")) as Record<string, unknown>;
  expect(manifest["dependencies"]).toBeUndefined();
  expect(manifest["files"]).toEqual(["dist"]);
  // All versions of this package are pre-releases to npm, and only this range takes them.
  expect(manifest["peerDependencies"]).toEqual({ "@duckdb/node-api": "*" });
  const notices = await readFile(join(folder, "node_modules/@headgate/sdk/dist/THIRD_PARTY_LICENSES.txt"), "utf8");
  expect(notices).toMatch(/^zod$/m);
});
