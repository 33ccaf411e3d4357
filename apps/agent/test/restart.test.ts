import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventOf, openFixture, type Fixture } from "./agent-fixture.test-support.ts";
import { testJob } from "./test-location.ts";

const BIN = new URL("../src/bin.ts", import.meta.url).pathname;

interface AgentProcess {
  readonly child: ChildProcess;
  readonly exit: Promise<number | null>;
  output(): string;
}

describe("agent process", () => {
  let fixture: Fixture;
  const children: ChildProcess[] = [];
  beforeEach(async () => {
    fixture = await openFixture();
  });
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
    expect(fixture.plane.problems).toEqual([]);
    await fixture.close();
  });

  function startProcess(args: readonly string[] = [], env: Readonly<Record<string, string>> = {}, bin = BIN): AgentProcess {
    const child = spawn(
      process.execPath,
      [bin, "--url", fixture.plane.url, "--data", fixture.dataDir, "--slots", "2", "--warm", "1", ...args],
      {
        env: { PATH: process.env["PATH"], HEADGATE_AGENT_TOKEN: fixture.plane.token, ...env },
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    children.push(child);
    let output = "";
    child.stdout.on("data", (bytes: Buffer) => (output += bytes.toString()));
    child.stderr.on("data", (bytes: Buffer) => (output += bytes.toString()));
    return { child, exit: new Promise((resolve) => child.once("exit", resolve)), output: () => output };
  }

  it("an agent after kill -9 is a new instance and leaves no orphan", async () => {
    const { plane, dataDir } = fixture;
    const first = startProcess();
    await plane.until("connected", () => plane.hellos.length === 1);
    plane.lease(testJob("stubborn"));
    await plane.until("it is busy", () =>
      plane.eventsOf("stubborn").some((event) => event.type === "log" && event.message.startsWith("child")),
    );
    const orphan = eventOf(plane.eventsOf("stubborn"), "step_started").pid;
    first.child.kill("SIGKILL");
    await first.exit;
    // The control plane notices and gives the step a new epoch.
    plane.lease(testJob("noop", { step: "stubborn", epoch: 2 }));
    startProcess();
    expect(await plane.doneOf("stubborn")).toEqual({ outcome: "succeeded" });
    const instances = plane.hellos.map((hello) => hello.instance);
    expect(new Set(instances).size).toBe(instances.length);
    expect(plane.hellos.at(-1)).toMatchObject({ running: [], unacknowledged: [] });
    await plane.until("the orphan is gone", () => {
      try {
        process.kill(orphan, 0);
        return false;
      } catch {
        return true;
      }
    });
    expect(readdirSync(join(dataDir, "instances"))).toHaveLength(1);
  });

  it("an agent drains on SIGTERM and exits with 0", async () => {
    const { plane } = fixture;
    const agent = startProcess();
    await plane.until("connected", () => plane.hellos.length === 1);
    plane.lease(testJob("wait", { config: { ms: 500 } }));
    await plane.until("it runs", () => plane.eventsOf("wait").length > 0);
    agent.child.kill("SIGTERM");
    await plane.until("it says so", () => plane.frames.some((frame) => frame.t === "draining"));
    plane.send(testJob("noop"));
    expect(await plane.doneOf("wait")).toEqual({ outcome: "succeeded" });
    expect(await agent.exit).toBe(0);
    // Given back without having begun.
    expect(plane.itemsOf("noop")).toMatchObject([{ k: "done", result: { outcome: "canceled" } }]);
    expect(plane.closes.at(-1)).toMatchObject({ code: 4001 });
  });

  it("a step that outlasts the grace time may be retried elsewhere", async () => {
    const { plane } = fixture;
    const agent = startProcess(["--grace", "0"]);
    await plane.until("connected", () => plane.hellos.length === 1);
    plane.lease(testJob("wait"));
    await plane.until("it runs", () => plane.eventsOf("wait").some((event) => event.type === "log"));
    agent.child.kill("SIGINT");
    expect(await plane.doneOf("wait")).toMatchObject({ outcome: "failed", retryable: true, failure: { kind: "agent_lost" } });
    expect(await agent.exit).toBe(0);
  });

  it("the built files run without the sources", async () => {
    const { plane, dataDir } = fixture;
    const out = join(dataDir, "dist");
    execFileSync(process.execPath, [new URL("../build.mjs", import.meta.url).pathname, out]);
    const agent = startProcess([], {}, join(out, "agent.js"));
    await plane.until("connected", () => plane.hellos.length === 1);
    plane.lease(testJob("noop"));
    expect(await plane.doneOf("noop")).toEqual({ outcome: "succeeded" });
    agent.child.kill("SIGTERM");
    expect(await agent.exit).toBe(0);
  });

  it("a drain frame of the control plane does the same as SIGTERM", async () => {
    const { plane } = fixture;
    const agent = startProcess();
    await plane.until("connected", () => plane.hellos.length === 1);
    plane.send({ t: "drain", reason: "asked in the dashboard" });
    expect(await agent.exit).toBe(0);
  });

  it("each wrong setting gives one sentence and exit code 2", async () => {
    const agent = startProcess(["--slots", "many", "--log-level", "loud", "--label", "novalue"]);
    expect(await agent.exit).toBe(2);
    expect(agent.output().trim().split("\n")).toHaveLength(3);
    const unknown = startProcess(["--nonsense"]);
    expect(await unknown.exit).toBe(2);
    expect(unknown.output()).toContain("Usage:");
  });

  it("a wrong token with --exit-on-refusal ends with its own exit code", async () => {
    const agent = startProcess(["--exit-on-refusal"], { HEADGATE_AGENT_TOKEN: "wrong" });
    expect(await agent.exit).toBe(3);
    expect(agent.output()).toContain("wrong, expired or revoked");
  });

  it("a data folder that cannot be written is one clear line", async () => {
    const path = join(fixture.dataDir, "a-file");
    writeFileSync(path, "");
    const agent = startProcess(["--data", path]);
    expect(await agent.exit).toBe(1);
    expect(agent.output()).toContain(`data folder ${path} cannot be used`);
  });
});
