import { spawn } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "./project.test-support.ts";

const BIN = resolve(import.meta.dirname, "../src/bin.ts");

function commandsWith(text: string): number[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      return readFileSync(`/proc/${name}/cmdline`, "utf8").includes(text) ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}

test.runIf(process.platform === "linux")("an agent whose command is killed ends too", { timeout: 60_000 }, async () => {
  const data = join(temporaryFolder(), "agent");
  const command = spawn(process.execPath, [BIN, "agent", "--url", "http://127.0.0.1:9", "--data", data, "--slots", "1"], {
    env: { ...process.env, HEADGATE_AGENT_TOKEN: "hg_agent_none" },
    stdio: ["ignore", "pipe", "ignore"],
  });
  onTestFinished(() => {
    for (const pid of commandsWith(data)) process.kill(pid, "SIGKILL");
  });
  // The first line of output shows that the agent itself is running.
  await new Promise((said) => command.stdout.once("data", said));
  expect(commandsWith(data).length).toBeGreaterThanOrEqual(2);
  command.kill("SIGKILL");
  await expect.poll(() => commandsWith(data), { timeout: 30_000 }).toEqual([]);
});
