/** The connection check as a person or a test pod starts it. */
import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { FakeControlPlane } from "./fake-control-plane.ts";

const BIN = resolve(import.meta.dirname, "../src/bin.ts");

let plane: FakeControlPlane;
beforeEach(async () => {
  plane = await FakeControlPlane.start();
});
afterEach(async () => {
  await plane.close();
});

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function check(url: string, token: string): Promise<Ended> {
  return await new Promise((done) => {
    execFile(process.execPath, [BIN, "check", "--url", url], { env: { HEADGATE_AGENT_TOKEN: token } }, (error, stdout, stderr) =>
      done({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
  });
}

it("the check connects without slots and leaves", async () => {
  const { code, stdout } = await check(plane.url, plane.token);
  expect({ code, stdout }).toEqual({ code: 0, stdout: `Connected to ${plane.url} as an agent of the deployment test/main.\n` });
  expect(plane.hellos).toMatchObject([{ slots: 0, labels: { check: "true" } }]);
  await plane.until("the socket is closed", () => plane.closes.length === 1);
  expect(plane.problems).toEqual([]);
});

it("a refused token ends the check with 3 and the remedy", async () => {
  const { code, stderr } = await check(plane.url, "wrong");
  expect(code).toBe(3);
  expect(stderr).toContain("Make a new one on the dashboard's Agents page.");
});

it("a control plane that is away ends the check with 1", async () => {
  const { code, stderr } = await check("http://127.0.0.1:9", plane.token);
  expect(code).toBe(1);
  expect(stderr).toContain("The control plane cannot be reached: connect ECONNREFUSED 127.0.0.1:9");
});
