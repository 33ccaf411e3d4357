/** What `headgate dev` does when a process of it is killed, or the program that started it ends. */
import { expect, test } from "vitest";
import { isAlive } from "../src/embedded/process-table.ts";
import { projectTemplate } from "../src/project/template.ts";
import { headgate } from "./command-line.test-support.ts";
import { childrenOf, startDev, waitUntil } from "./dev-server.test-support.ts";
import { temporaryProject } from "./project.test-support.ts";

const TEMPLATE = projectTemplate("demo");

test("killed children are restarted, and the next run succeeds", { timeout: 120_000 }, async () => {
  const project = temporaryProject(TEMPLATE);
  const dev = await startDev(project);
  await dev.next("ready");
  for (const child of childrenOf(dev.data)) process.kill(child, "SIGKILL");
  await waitUntil("both children are back", () => {
    try {
      return childrenOf(dev.data).every(isAlive);
    } catch {
      return false;
    }
  });
  await waitUntil("the control plane answers", async () => (await headgate(["runs"], { cwd: project })).code === 0);
  expect((await headgate(["run", "refresh"], { cwd: project })).code).toBe(0);
});

test.runIf(process.platform === "linux")("a killed dev leaves no process behind and keeps its state", { timeout: 120_000 }, async () => {
  const project = temporaryProject(TEMPLATE);
  const first = await startDev(project, { args: ["--launch-if-empty", "refresh"] });
  await first.next("ready");
  await waitUntil("the run has ended", async () =>
    (await headgate(["runs", "--status", "succeeded"], { cwd: project })).stdout.includes("refresh"),
  );
  const children = childrenOf(first.data);
  first.process.kill("SIGKILL");
  await first.exited;
  await waitUntil("the children are gone", () => !children.some(isAlive));
  const second = await startDev(project, { args: ["--launch-if-empty", "refresh"] });
  expect(await second.next("published")).toMatchObject({ changed: false });
  await second.next("ready");
  expect((await headgate(["runs", "--json"], { cwd: project })).stdout.match(/"id":/g)).toHaveLength(1);
});

test("dev ends when its parent process disappears", { timeout: 120_000 }, async () => {
  const dev = await startDev(temporaryProject(TEMPLATE), { stdio: "ipc" });
  await dev.next("ready");
  dev.process.disconnect();
  expect(await dev.exited).toBe(0);
});
