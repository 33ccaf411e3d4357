/** Tests what one agent may cost: the bounds of its hello, reports about steps that it does not have, and deep reports. */
import { describe, expect, it, vi } from "vitest";
import { MAX_JSON_DEPTH } from "@headgate/shared/domain/json.ts";
import { CLOSE } from "@headgate/shared/protocol/close-codes.ts";
import { LEASE_CHECK_MS, LEASE_MS } from "@headgate/shared/protocol/constants.ts";
import { MAX_LABEL_CHARACTERS, MAX_LABELS } from "@headgate/shared/protocol/up.ts";
import { NodeSqlStorage } from "../../testing/platform/sql-storage.ts";
import { TestDeployment } from "../../testing/test-deployment.ts";
import { lake, working } from "./working-agent.test-support.ts";
import { listAgents } from "../run-pages/agent-queries.ts";
import { MAX_LIVE_INSTANCES } from "./agent-hello.ts";

const log = (message: string) => ({ type: "log", level: "info", message }) as const;
const agents = (deployment: TestDeployment) =>
  deployment.rows("SELECT instance FROM agent ORDER BY instance").map(({ instance }) => instance);
const warnings = (deployment: TestDeployment) =>
  deployment
    .rows("SELECT body ->> 'message' AS message FROM event WHERE type = 'engine' ORDER BY gseq")
    .map(({ message }) => message as string);

describe("bounds of a hello", () => {
  const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`label-${at}`, "x"]));

  it.each([
    [{ labels: many(MAX_LABELS + 1) }, `at most ${MAX_LABELS} labels`],
    [
      { labels: { a: "x".repeat(900), b: "x".repeat(900), c: "x".repeat(900), d: "x".repeat(900), e: "x".repeat(900) } },
      `${MAX_LABEL_CHARACTERS} characters`,
    ],
    [{ labels: { a: "x".repeat(100_000) } }, "labels.a"],
    [{ hostname: "h".repeat(100_000) }, "hostname"],
    [{ queue: "q".repeat(100_000) }, "queue"],
    [{ agentVersion: "1".repeat(100_000) }, "agentVersion"],
    [{ locations: [{ location: "l", version: "v".repeat(100_000), state: "ready" as const }] }, "locations.0.version"],
  ])("a hello that is too long is refused: %#", async (hello, named) => {
    const deployment = await TestDeployment.with(lake);
    const agent = deployment.connect({ instance: "instance-a" });
    agent.hello(hello);
    expect(agent.last("error").message).toContain(named);
    expect(agent.closed?.code).toBe(CLOSE.badFrame);
    expect(agents(deployment)).toEqual([]);
  });

  it("a token connects few agents, and those with steps return", async () => {
    const deployment = await TestDeployment.with(lake);
    const first = deployment.agent({ instance: "instance-first", slots: 1 });
    deployment.launch({ selection: "a" });
    const job = first.job("a");
    first.disconnect(1006);
    for (let no = 0; no < MAX_LIVE_INSTANCES; no++) deployment.agent({ instance: `instance-${no}`, slots: 0 });
    const oneMore = deployment.connect({ instance: "instance-one-more" });
    oneMore.hello();
    expect(oneMore.last("error")).toMatchObject({ code: "rate_limited" });
    expect(oneMore.closed?.code).toBe(CLOSE.slowDown);
    expect(deployment.connect({ instance: "instance-other", token: "tok_other" }).closed).toBeNull();
    const again = deployment.agent({ instance: "instance-first", running: [{ run: job.run, step: "a", epoch: 1 }] });
    expect(again.last("welcome").drop).toEqual([]);
  });

  it("some agents that left are remembered, those with steps always", async () => {
    const deployment = await TestDeployment.with(lake);
    const worker = deployment.agent({ instance: "instance-worker", slots: 1 });
    deployment.launch({ selection: "a" });
    worker.disconnect(1006);
    for (let no = 0; no < 230; no++) {
      deployment.now += 1;
      deployment.agent({ instance: `instance-${no}`, slots: 0 }).disconnect();
    }
    const left = agents(deployment);
    expect(left.length).toBeLessThanOrEqual(203);
    expect(left).toContain("instance-worker");
    expect(left).toContain("instance-229");
    expect(left).not.toContain("instance-0");
  });

  it("the list of agents stays small and names connected agents first", async () => {
    const deployment = await TestDeployment.with(lake);
    const locations = Array.from({ length: 1000 }, (_, at) => ({
      location: `l${at}`.padEnd(190, "x"),
      version: "v".repeat(200),
      state: "ready" as const,
    }));
    for (let no = 0; no < 20; no++) deployment.agent({ instance: `instance-gone-${no}`, locations }).disconnect();
    deployment.agent({ instance: "instance-here", slots: 0 });
    const shown = listAgents(deployment.engine.reader());
    expect(JSON.stringify(shown).length).toBeLessThan(2_000_000);
    expect(shown.map(({ instance }) => instance)).toContain("instance-here");
  });
});

describe("reports about steps that an agent does not have", () => {
  const stale = (deployment: TestDeployment, count: number) => {
    const other = deployment.agent({ instance: "instance-b", slots: 0 });
    const [row] = deployment.rows("SELECT id FROM run");
    const items = Array.from({ length: count }, (_, at) =>
      other.event({ run: row?.["id"], step: "a", epoch: 100 + at } as never, log("x")),
    );
    for (let at = 0; at < items.length; at += 500) other.report(...items.slice(at, at + 500));
    return other;
  };

  it("a flood of reports leaves one warning per step and hour", async () => {
    const { deployment } = await working();
    const other = stale(deployment, 2000);
    expect(other.last("ack").s).toBe(2000);
    expect(warnings(deployment)).toEqual(["A report of attempt 100 was ignored: attempt 1 is the current one."]);
    expect(deployment.engine.unheldReports).toBe(2000);
    deployment.now += 3_600_001;
    const [row] = deployment.rows("SELECT id FROM run");
    other.report(other.event({ run: row?.["id"], step: "a", epoch: 9 } as never, log("x")));
    expect(warnings(deployment)).toHaveLength(2);
  });

  it("a batch about many attempts reads their step once", async () => {
    const { deployment } = await working();
    const counted = vi.spyOn(NodeSqlStorage.prototype, "exec");
    const statements = [2, 400].map((count) => {
      counted.mockClear();
      stale(deployment, count);
      return counted.mock.calls.length;
    });
    counted.mockRestore();
    expect(statements[1]).toBeLessThanOrEqual((statements[0] ?? 0) + 10);
  });

  it("a flood of reports writes nothing into a run that has ended", async () => {
    const { deployment, agent, run } = await working();
    agent.succeed("a");
    expect(deployment.runStatus(run)).toBe("succeeded");
    const before = deployment.rows("SELECT count(*) AS n, max(gseq) AS last FROM event");
    stale(deployment, 2000);
    expect(deployment.rows("SELECT count(*) AS n, max(gseq) AS last FROM event")).toEqual(before);
    expect(deployment.engine.unheldReports).toBe(2000);
  });
});

describe("deep reports", () => {
  const deep = (depth: number): unknown => JSON.parse("[".repeat(depth) + "]".repeat(depth));
  const materialized = (depth: number) =>
    ({ type: "asset_materialized", asset: "a", metadata: { deep: { type: "json", value: deep(depth) } } }) as const;

  it.each([MAX_JSON_DEPTH + 1, 10_000])("a report nested %i levels deep fails its step", async (depth) => {
    const { deployment, agent, run, job } = await working();
    const items = [agent.started(job), agent.event(job, log("before")), agent.event(job, materialized(1))];
    // Written as text, because the stack of this test is not deep enough either.
    const text = JSON.stringify({ t: "batch", items: items.map((item, at) => ({ ...item, s: at + 1 })) });
    agent.sendText(
      text.replace("[[]]", "[".repeat(depth) + "]".repeat(depth)).replace('"value":[]', `"value":${"[".repeat(depth)}${"]".repeat(depth)}`),
    );
    expect(agent.closed).toBeNull();
    expect(agent.last("ack").s).toBe(3);
    expect(warnings(deployment)[0]).toContain(`nested more than ${MAX_JSON_DEPTH} levels deep`);
    expect(deployment.runStatus(run)).toBe("failed");
    expect(deployment.rows("SELECT count(*) AS n FROM event WHERE type = 'log'")).toEqual([{ n: 1 }]);
  });

  it("a report that is nested moderately deep is stored", async () => {
    const { deployment, agent, run, job } = await working();
    agent.report(agent.started(job), agent.event(job, materialized(500)), agent.done(job, { outcome: "succeeded" }));
    expect(deployment.runStatus(run)).toBe("succeeded");
  });
});

describe("leases of an object that did not run", () => {
  it("a lease does not end while the object is busy or asleep", async () => {
    const { deployment, agent } = await working();
    agent.report(agent.started(agent.job("a")));
    // The alarm comes ten minutes late, and no ping was answered meanwhile.
    deployment.now += 600_000;
    deployment.fireTimers();
    expect(agent.closed).toBeNull();
    expect(deployment.rows("SELECT status, lost FROM step")).toEqual([{ status: "running", lost: 0 }]);
    for (let waited = 0; waited < 5 * LEASE_MS; waited += LEASE_CHECK_MS) {
      agent.ping();
      deployment.pass(LEASE_CHECK_MS);
    }
    expect(deployment.rows("SELECT status, lost FROM step")).toEqual([{ status: "running", lost: 0 }]);
  });

  it("a silent agent loses its lease one lease after a late check", async () => {
    const { deployment, agent } = await working();
    agent.report(agent.started(agent.job("a")));
    deployment.now += 600_000;
    deployment.fireTimers();
    deployment.pass(LEASE_MS + LEASE_CHECK_MS + 1);
    expect(agent.closed?.reason).toBe("no sign of life within the lease");
    expect(deployment.rows("SELECT lost FROM step")).toEqual([{ lost: 1 }]);
  });

  it("a step started while the object was busy stays leased", async () => {
    const { deployment, agent } = await working();
    deployment.now += 3_600_000;
    deployment.fireTimers();
    agent.report(agent.started(agent.job("a")));
    deployment.pass(LEASE_CHECK_MS);
    expect(deployment.rows("SELECT status, lost FROM step")).toEqual([{ status: "running", lost: 0 }]);
  });
});
