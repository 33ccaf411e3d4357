/** The agent process as a cluster starts it: a proxy for the way out and an authority of the company, both told by variables of Node. */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { makeAuthority } from "@headgate/shared/testing/certificates.ts";
import { afterEach, beforeEach, expect, it } from "vitest";
import { FakeControlPlane } from "./fake-control-plane.ts";
import { testJob, testVersion } from "./test-location.ts";
import { tlsFront, tunnelProxy, type Front } from "./tls-front.test-support.ts";

const BIN = resolve(import.meta.dirname, "../src/bin.ts");

let folder: string;
let plane: FakeControlPlane;
let front: Front;
let proxy: Front;
let agent: ChildProcess | null;
beforeEach(async () => {
  agent = null;
  folder = mkdtempSync(join(tmpdir(), "headgate-proxy-"));
  const authority = makeAuthority();
  writeFileSync(join(folder, "ca.crt"), authority.cert);
  plane = await FakeControlPlane.start();
  plane.addVersion(testVersion());
  front = await tlsFront(authority.issue("localhost"), plane.url);
  proxy = await tunnelProxy();
});
afterEach(async () => {
  const ended = new Promise((done) => (agent === null || agent.exitCode !== null ? done(null) : agent.once("exit", done)));
  agent?.kill("SIGTERM");
  await ended;
  await Promise.all([front.close(), proxy.close(), plane.close()]);
  rmSync(folder, { recursive: true, force: true });
});

/** Returns what the agent has printed so far. */
function start(env: Readonly<Record<string, string>>): () => string {
  let said = "";
  const args = [BIN, "--url", `https://localhost:${front.port}`, "--data", join(folder, "data"), "--slots", "1"];
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env["PATH"], HEADGATE_AGENT_TOKEN: plane.token, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  child.stdout.on("data", (bytes: Buffer) => {
    said += bytes.toString("utf8");
  });
  agent = child;
  return () => said;
}

const throughProxy = (): Record<string, string> => ({
  NODE_USE_ENV_PROXY: "1",
  HTTPS_PROXY: `http://127.0.0.1:${proxy.port}`,
  NODE_EXTRA_CA_CERTS: join(folder, "ca.crt"),
});

it("socket, versions and output go through the proxy of HTTPS_PROXY", async () => {
  start(throughProxy());
  plane.lease(testJob("print-slowly"));
  expect(await plane.doneOf("print-slowly")).toEqual({ outcome: "succeeded" });
  await plane.until("its output is stored", () => plane.logs.some((log) => log.final));
  expect(new Set(proxy.targets)).toEqual(new Set([`localhost:${front.port}`]));
  expect(proxy.targets).toHaveLength(front.targets.length);
});

it("hosts of NO_PROXY are reached without the proxy", async () => {
  start({ ...throughProxy(), NO_PROXY: "example.com,localhost" });
  plane.lease(testJob("noop"));
  expect(await plane.doneOf("noop")).toEqual({ outcome: "succeeded" });
  expect(proxy.targets).toEqual([]);
});

it("an authority of NODE_EXTRA_CA_CERTS is trusted without a proxy", async () => {
  start({ NODE_EXTRA_CA_CERTS: join(folder, "ca.crt") });
  plane.lease(testJob("noop"));
  expect(await plane.doneOf("noop")).toEqual({ outcome: "succeeded" });
});

it("an unknown authority is refused with the variable to set", async () => {
  const said = start({});
  await expect.poll(said).toContain("NODE_EXTRA_CA_CERTS");
  expect(plane.connectAttempts).toBe(0);
});

it("a proxy that is away is named in the log", async () => {
  const away = proxy.port;
  await proxy.close();
  const said = start(throughProxy());
  await expect.poll(said).toContain(`127.0.0.1:${away}`);
  expect(plane.connectAttempts).toBe(0);
});
