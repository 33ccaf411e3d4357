import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isAlive } from "../src/embedded/process-table.ts";
import { projectTemplate } from "../src/project/template.ts";
import { headgate } from "./command-line.test-support.ts";
import { childrenOf, startDev } from "./dev-server.test-support.ts";
import { temporaryProject, writeFiles } from "./project.test-support.ts";

const TEMPLATE = projectTemplate("demo");
const ORDERS = TEMPLATE["src/assets/orders.ts"] ?? "";

test("a project is published, run, changed, broken, repaired and rolled back while dev stays up", { timeout: 180_000 }, async () => {
  const project = temporaryProject(TEMPLATE);
  const dev = await startDev(project, { args: ["--launch-if-empty", "refresh"] });
  expect(await dev.next("published")).toMatchObject({ ok: true, location: "demo", number: 1, changed: true });
  expect(await dev.next("launched")).toMatchObject({ job: "refresh" });
  const ready = await dev.next("ready");
  const opened = await fetch(String(ready["loginUrl"]), { method: "POST", redirect: "manual" });
  expect([opened.status, opened.headers.get("location")]).toEqual([303, "/local/dev"]);

  // The runtime's own addresses for development are not reachable.
  expect((await fetch(`${dev.url}/cdn-cgi/local/explorer`)).status).toBe(404);
  expect((await fetch(`${dev.url}/healthz`)).status).toBe(200);

  const json = async (...args: string[]): Promise<{ code: number; value: Record<string, unknown> }> => {
    const result = await headgate([...args, "--json"], { cwd: project });
    return { code: result.code, value: JSON.parse(result.stdout.trim().split("\n").at(-1) ?? "null") as Record<string, unknown> };
  };
  expect(await json("run", "refresh")).toMatchObject({
    code: 0,
    value: {
      run: { status: "succeeded" },
      assets: [
        { asset: "bronze/orders", status: "succeeded", rows: 3 },
        { asset: "gold/revenue", rows: 2, checks: { passed: 1 } },
      ],
    },
  });
  const listed = await headgate(["assets", "+gold/revenue"], { cwd: project });
  expect(listed.stdout).toMatch(/bronze\/orders.*healthy/);
  expect((await headgate(["assets", "status:healthy"], { cwd: project })).stdout).toContain("gold/revenue");
  expect((await headgate(["assets", "status:failed"], { cwd: project })).stdout).toContain("the selection contains no assets");
  expect((await headgate(["assets", "-s", "job:refresh and kind:<null>"], { cwd: project })).stdout).toContain("gold/revenue");
  expect((await headgate(["run", "--select", "gold/revenu"], { cwd: project })).stderr).toContain("  gold/revenu\n  ^\n");
  expect((await headgate(["logs", "last"], { cwd: project })).stdout).toContain("read 3 orders");
  expect((await headgate(["logs", "last", "--step", "nosuch"], { cwd: project })).stderr).toContain(
    "has no step 'nosuch'. Its steps are bronze/orders",
  );

  writeFiles(project, { "src/assets/orders.ts": ORDERS.replace("amount: 45", "amount: 46") });
  expect(await dev.next("published")).toMatchObject({ ok: true, number: 2, changed: true });

  writeFiles(project, { "src/assets/orders.ts": `${ORDERS}export const broken = ;\n` });
  expect(await dev.next("published")).toMatchObject({ ok: false, errors: [{ kind: "syntax", file: "src/assets/orders.ts" }] });
  expect((await json("location", "list")).value).toMatchObject({
    locations: [
      {
        status: "unavailable",
        active: { number: 2 },
        errors: [{ kind: "syntax", codeFrame: expect.stringContaining("broken = ;") as string }],
      },
    ],
  });
  expect((await json("run", "bronze/orders")).code).toBe(0);
  expect((await headgate(["doctor"], { cwd: project })).code).toBe(1);

  writeFiles(project, { "src/assets/orders.ts": ORDERS });
  expect(await dev.next("published")).toMatchObject({ ok: true, number: 1 });
  expect((await json("location", "list")).value).toMatchObject({ locations: [{ status: "loaded", active: { number: 1 }, errors: [] }] });
  expect((await json("location", "rollback", "demo", "--to", "2")).value).toMatchObject({ version: { number: 2, active: true } });
  expect((await headgate(["doctor"], { cwd: project })).code).toBe(0);

  expect((await headgate(["run", "gold/nosuch"], { cwd: project })).code).toBe(2);
  expect((await headgate(["dev"], { cwd: project })).stderr).toContain("used by another headgate");

  const children = childrenOf(dev.data);
  dev.process.kill("SIGINT");
  expect(await dev.exited).toBe(0);
  expect(children.filter(isAlive)).toEqual([]);
  expect((await headgate(["runs"], { cwd: project })).stderr).toContain("is not running");
});

test("headgate run exits with 1 and says why an asset failed", { timeout: 120_000 }, async () => {
  const project = temporaryProject({
    ...TEMPLATE,
    "src/assets/orders.ts": ORDERS.replace("log.info(", 'throw new Error("the exports are not there");\n    log.info('),
  });
  const dev = await startDev(project);
  await dev.next("ready");
  const result = await headgate(["run", "*"], { cwd: project });
  expect(result.code).toBe(1);
  expect(result.stdout).toMatch(/bronze\/orders +failed/);
  expect(result.stdout).toMatch(/gold\/revenue +skipped/);
  expect(result.stderr).toContain("the exports are not there");
});

test("dev --once ends with its run and prints it as JSON", { timeout: 120_000 }, async () => {
  const project = temporaryProject(TEMPLATE);
  const dev = await startDev(project, { args: ["--once"] });
  expect(await dev.next("run")).toMatchObject({
    run: { status: "succeeded" },
    assets: [{ asset: "bronze/orders" }, { asset: "gold/revenue" }],
  });
  expect(await dev.exited).toBe(0);
  expect(readFileSync(join(dev.data, "logs/agent.log"), "utf8")).toContain("stopped");
});
