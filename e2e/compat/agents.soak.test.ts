/** Agents and control planes of two releases work together: the agent may be the older one, or the control plane. */
import { join } from "node:path";
import { writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { headgate } from "../support/cli.ts";
import { cuttableProxy, type CuttableProxy } from "../support/cuttable-proxy.ts";
import { removeFolder, ROOT, temporaryFolder, until } from "../support/stack.ts";
import type { CompatApi, Run } from "./api.ts";
import { isEnded } from "./facts.ts";
import { startAgent, startControlPlane, type Agent, type ControlPlane } from "./processes.ts";
import { HOLD_VARIABLE, LOCATION, writeCompatProject } from "./project.ts";
import { releases, today, unpackData, unpackPrograms, type Programs } from "./release.ts";

interface AgentRow {
  readonly status: string;
  readonly locations: readonly { readonly state: string }[];
}

interface Pair {
  readonly name: string;
  readonly agent: Programs;
  readonly controlPlane: Programs;
  /** Fills the empty data folder, before the start. */
  prepare(data: string): void;
  /** Publishes, after the start, unless the data folder already holds the code location. */
  publish(controlPlane: ControlPlane): Promise<void>;
}

const programs = temporaryFolder("compat-programs");
const pairs: readonly Pair[] = releases.flatMap((release) => {
  const old = unpackPrograms(release, join(programs, release));
  return [
    { name: `an agent of ${release} with the control plane of today`, agent: old, controlPlane: today, prepare: () => undefined, publish },
    {
      name: `an agent of today with the control plane of ${release}`,
      agent: today,
      controlPlane: old,
      prepare: (data: string) => unpackData(release, data),
      publish: async () => undefined,
    },
  ];
});

/** With today's command and today's SDK. */
async function publish({ url, token }: ControlPlane): Promise<void> {
  const project = temporaryFolder("compat-project");
  try {
    writeCompatProject(project, ROOT);
    const result = await headgate(["publish", "--project", project], { env: { HEADGATE_URL: url, HEADGATE_TOKEN: token } });
    if (result.code !== 0) throw new Error(result.stdout + result.stderr);
    // A control plane of an older release has no switch: everything is on.
    const on = await headgate(["on", "--location", LOCATION], { env: { HEADGATE_URL: url, HEADGATE_TOKEN: token } });
    if (on.code !== 0 && !on.stderr.includes("No procedure found")) throw new Error(on.stdout + on.stderr);
  } finally {
    removeFolder(project);
  }
}

afterAll(() => removeFolder(programs));

describe.each(pairs)("$name", (pair) => {
  const data = temporaryFolder("compat-pair");
  const hold = join(data, "hold");
  let controlPlane: ControlPlane;
  let api: CompatApi;
  let proxy: CuttableProxy;
  let agent: Agent;

  const ended = (id: string): Promise<Run> =>
    until(`the end of run ${id}`, async () => {
      const { run } = await api.run(id);
      return isEnded(run) ? run : null;
    });
  const startsHolding = async (): Promise<string> => {
    writeFileSync(hold, "");
    const id = await api.launch({ job: "holding" });
    await until("the step runs", async () => (await api.run(id)).steps[0]?.status === "running");
    return id;
  };
  const agents = (): Promise<readonly AgentRow[]> => api.ask("agents.list");
  const agentIsReady = async (): Promise<boolean> =>
    (await agents()).some(({ status, locations }) => status === "connected" && locations.some(({ state }) => state === "ready"));
  const messages = async (run: string): Promise<readonly string[]> =>
    (await api.events(run)).flatMap(({ event }) => (event.type === "log" ? [event.message ?? ""] : []));

  beforeAll(async () => {
    pair.prepare(data);
    controlPlane = await startControlPlane(pair.controlPlane, data);
    api = controlPlane.api;
    await api.tell("settings.update", { maxConcurrentRuns: 20 });
    proxy = await cuttableProxy({ host: "127.0.0.1", port: controlPlane.port });
    const { agentToken: token } = controlPlane;
    agent = startAgent(pair.agent, {
      url: `http://127.0.0.1:${proxy.port}`,
      token,
      data: join(data, "agent"),
      env: { [HOLD_VARIABLE]: hold },
    });
    await pair.publish(controlPlane);
    await until("the agent has loaded the code", agentIsReady, 30_000).catch((error: unknown) => {
      throw new Error(`${String(error)}; the agent wrote:\n${agent.output().slice(-2000)}`);
    });
  });
  afterAll(async () => {
    removeFolder(hold);
    await agent?.stop();
    await proxy?.close();
    await controlPlane?.stop();
    removeFolder(data);
  });

  it("a job with two assets and a check succeeds, with its log", async () => {
    const run = await ended(await api.launch({ job: "chain" }));
    expect(run).toMatchObject({ status: "succeeded", materialized: 2 });
    expect(await messages(run.id)).toContain("first is made");
  });

  it("a step that fails once is tried again", async () => {
    const run = await ended(await api.launch({ job: "retried" }));
    expect([run.status, (await api.run(run.id)).steps[0]?.attempt]).toEqual(["succeeded", 2]);
  });

  it("a failure arrives with its message", async () => {
    const run = await ended(await api.launch({ selection: 'key:"broken"' }));
    expect(run).toMatchObject({ status: "failed", error: expect.stringContaining("broken on purpose") });
  });

  it("a running step is canceled", async () => {
    const id = await startsHolding();
    await api.tell("runs.cancel", { run: id, reason: "test" });
    expect((await ended(id)).status).toBe("canceled");
  });

  it("a step outlives a cut connection, and no event is lost", async () => {
    const id = await startsHolding();
    await until("its first line", async () => (await messages(id)).includes("before"));
    expect(proxy.cut()).toBeGreaterThan(0);
    removeFolder(hold);
    const run = await ended(id);
    expect([run.status, (await api.run(id)).steps[0]?.attempt]).toEqual(["succeeded", 1]);
    expect((await messages(id)).filter((line) => line === "before" || line === "after")).toEqual(["before", "after"]);
    const numbers = (await api.events(id)).map(({ seq }) => seq);
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  });

  it("a sensor ticks on the agent and moves its cursor", async () => {
    const before = Number((await api.automation("sensor", "counter")).cursor ?? 0);
    await api.tickNow("sensor", "counter");
    await until("the next cursor", async () => Number((await api.automation("sensor", "counter")).cursor) > before);
    const made = await until("the sensor's run", async () => (await api.runs()).find(({ trigger }) => trigger["name"] === "counter"));
    expect((await ended(made.id)).status).toBe("succeeded");
  });

  it("a schedule ticks and its run succeeds", async () => {
    const known = new Set((await api.runs()).map(({ id }) => id));
    await api.tell("automations.setEnabled", { location: LOCATION, kind: "schedule", name: "nightly", enabled: true });
    await api.tickNow("schedule", "nightly");
    const made = await until("the schedule's run", async () =>
      (await api.runs()).find(({ id, trigger }) => !known.has(id) && trigger["name"] === "nightly"),
    );
    expect((await ended(made.id)).status).toBe("succeeded");
  });

  it("the agent says good-bye when it is stopped", async () => {
    await agent.stop();
    await until("the agent is gone", async () => (await agents()).every(({ status }) => status !== "connected"));
    expect(agent.output()).not.toMatch(/"level":"error"/);
  });
});
