/** The packages as users get them: packed, installed in a folder outside the repository, a new project made and run. */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { isAlive } from "../src/embedded/process-table.ts";
import { childrenOf, startDev } from "./dev-server.test-support.ts";
import { REPOSITORY, temporaryFolder } from "./project.test-support.ts";

const run = promisify(execFile);
/** Node 24 first, as the packages' engines ask for; npm itself is found behind it. */
const env = {
  ...process.env,
  PATH: `${dirname(process.execPath)}:${process.env["PATH"] ?? ""}`,
  NO_COLOR: "1",
  npm_config_audit: "false",
  npm_config_fund: "false",
  npm_config_prefer_offline: "true",
};

async function pack(name: string, into: string): Promise<string> {
  const folder = join(REPOSITORY, "packages", name);
  expect(existsSync(join(folder, "dist")), `packages/${name}/dist is missing: npm run build`).toBe(true);
  const { stdout } = await run("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", into], {
    cwd: folder,
    env,
    maxBuffer: 32 * 1024 * 1024,
  });
  const packed = JSON.parse(stdout) as readonly { readonly filename: string }[] | Readonly<Record<string, { readonly filename: string }>>;
  const [first] = Object.values(packed);
  if (first === undefined) throw new Error(`npm pack said ${stdout}`);
  return join(into, first.filename);
}

test.each(["before", "after"])("DuckDB can be installed %s the packed packages", { timeout: 400_000 }, async (order) => {
  const folder = temporaryFolder();
  const tarballs = [await pack("sdk", folder), await pack("cli", folder)];
  const project = join(folder, "shop");
  mkdirSync(project);
  writeFileSync(join(project, "package.json"), '{ "name": "shop", "private": true, "type": "module" }');
  const steps = [tarballs, ["@duckdb/node-api"]];
  for (const packages of order === "before" ? steps.toReversed() : steps) await run("npm", ["install", ...packages], { cwd: project, env });
  for (const name of ["@duckdb/node-api", "@headgate/sdk", "@headgate/cli", "@trpc/server"])
    expect(existsSync(join(project, "node_modules", name, "package.json")), name).toBe(true);
});

test("the packed packages make, check, run and serve a project", { timeout: 400_000 }, async () => {
  const folder = temporaryFolder();
  const tarballs = [await pack("sdk", folder), await pack("cli", folder)];
  const tools = join(folder, "tools");
  const project = join(folder, "shop");
  mkdirSync(tools);
  await run("npm", ["install", "--prefix", tools, ...tarballs], { cwd: tools, env });
  await run(join(tools, "node_modules/.bin/headgate"), ["init", project], { cwd: folder, env });
  await run("npm", ["install", ...tarballs], { cwd: project, env });

  await run("npx", ["tsc"], { cwd: project, env });
  const cli = [process.execPath, join(project, "node_modules/@headgate/cli/dist/headgate.js")];
  const headgate = async (...args: string[]): Promise<string> =>
    (await run(process.execPath, [...cli.slice(1), ...args], { cwd: project, env })).stdout;
  expect(JSON.parse(await headgate("validate", "--json"))).toMatchObject({ location: "shop", ok: true, counts: { assets: 2, checks: 1 } });

  const once = await startDev(project, { command: cli, args: ["--once"] });
  expect(await once.next("run")).toMatchObject({ run: { status: "succeeded" } });
  expect(await once.exited).toBe(0);

  const dev = await startDev(project, { command: cli });
  const ready = await dev.next("ready");
  const page = await fetch(`${String(ready["url"])}/`);
  expect(page.headers.get("content-type")).toContain("text/html");
  expect(await headgate("run", "gold/revenue")).toContain("succeeded");
  expect(await headgate("runs")).toContain("gold/revenue");
  const children = childrenOf(dev.data);
  dev.process.kill("SIGTERM");
  expect(await dev.exited).toBe(0);
  expect(children.filter(isAlive)).toEqual([]);
});
