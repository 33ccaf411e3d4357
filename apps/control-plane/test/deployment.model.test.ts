/** Many runs over a bad network with agents that vanish, return and die: the records are always correct. */
import { evictDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import { fireTimers, launch, newDeployment, person, publish, raw, rows, type DeploymentObject } from "./support/deployment.ts";
import { assetsOf, manifest } from "./support/manifests.ts";
import { type Emitted, ModelAgent } from "./support/model-agent.ts";
import { randomOf } from "../src/testing/seed.ts";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function randomGraph(random: () => number): Record<string, string[]> {
  const graph: Record<string, string[]> = {};
  const keys = Array.from({ length: 8 }, (_, index) => `a${index}`);
  for (const [index, key] of keys.entries()) graph[key] = keys.slice(0, index).filter(() => random() < 0.3);
  return graph;
}

/** Every agent has been silent for longer than a lease. */
async function expireLeases(stub: DeploymentObject): Promise<void> {
  await rows(stub, "UPDATE agent SET last_seen_at = last_seen_at - 120000 WHERE status = 'disconnected'");
  await rows(stub, "UPDATE step SET assigned_at = assigned_at - 120000 WHERE status IN ('assigned', 'running')");
  await fireTimers(stub, "lease_check");
}

async function play(seed: number): Promise<void> {
  const random = randomOf(seed);
  const stub = newDeployment();
  await publish(stub, manifest(assetsOf(randomGraph(random), { unit: { retry: { maxRetries: 2 } } })));
  const emitted: Emitted[] = [];
  const agents = [0, 1, 2].map(() => new ModelAgent(random, emitted));
  const pick = () => agents[Math.floor(random() * agents.length)] as ModelAgent;
  const runs: string[] = [];

  for (let tx = 0; tx < 250; tx++) {
    const chance = random();
    const agent = pick();
    for (const each of agents) each.read();
    if (chance < 0.06 && runs.length < 12) runs.push((await launch(stub, { selection: "*" })).id);
    else if (chance < 0.16 && !agent.online) await agent.connect(stub);
    else if (chance < 0.2) agent.disconnect();
    else if (chance < 0.22) agent.crash();
    else if (chance < 0.24) {
      await stub.ask("agents.list", undefined);
      await evictDurableObject(raw(stub), { webSockets: random() < 0.5 ? "hibernate" : "close" });
    } else if (chance < 0.27) await expireLeases(stub);
    else if (chance < 0.28 && runs.length > 0)
      await stub.perform("runs.cancel", { run: runs[Math.floor(random() * runs.length)] as string }, person);
    else {
      agent.work();
      if (random() < 0.6) agent.flush(true);
    }
    if (random() < 0.2) await pause(2);
  }

  // The network recovers, and everything must end by itself.
  for (let tx = 0; tx < 2_000; tx++) {
    const open = await rows(stub, "SELECT id FROM run WHERE status NOT IN ('succeeded', 'failed', 'canceled')");
    if (open.length === 0 && !agents.some((agent) => agent.busy)) break;
    for (const agent of agents) {
      agent.read();
      if (agent.stuck) agent.disconnect();
      if (!agent.online) await agent.connect(stub);
      for (let step = 0; step < 20; step++) agent.work();
      agent.flush(false);
    }
    if (tx % 20 === 19) await expireLeases(stub);
    if (tx % 20 === 9) await fireTimers(stub, "cancel_grace");
    await pause(2);
  }
  await checkInvariants(stub, { runs, emitted });
}

async function checkInvariants(
  stub: DeploymentObject,
  { runs, emitted }: { readonly runs: readonly string[]; readonly emitted: readonly Emitted[] },
): Promise<void> {
  expect(runs.length).toBeGreaterThan(3);
  for (const run of runs) {
    const detail = unwrap(await stub.ask("runs.get", { run }));
    expect(["succeeded", "failed", "canceled"]).toContain(detail.run.status);
    const { events, done } = unwrap(await stub.ask("runs.events", { run, after: 0, limit: 5000 }));
    expect(done).toBe(true);
    expect(events.map((row) => row.seq)).toEqual(events.map((_row, index) => index + 1));
    expect(events.filter((row) => ["run_succeeded", "run_failed", "run_canceled"].includes(row.event.type))).toHaveLength(1);
    const counted = { succeeded: 0, failed: 0, skipped: 0, canceled: 0, running: 0 };
    for (const step of detail.steps) {
      expect(["succeeded", "failed", "skipped", "canceled"]).toContain(step.status);
      counted[step.status as keyof typeof counted]++;
      const succeeded = events.filter((row) => row.step === step.key && row.event.type === "step_succeeded");
      expect(succeeded).toHaveLength(step.status === "succeeded" ? 1 : 0);
      if (step.status === "succeeded") checkNothingLost(events, { run, step: step.key, emitted });
      if (step.status !== "skipped" && step.status !== "canceled") continue;
      expect(step.startedAt === null || step.status === "canceled").toBe(true);
    }
    expect(detail.run.steps).toEqual({ total: detail.steps.length, ...counted });
    expect(detail.run.lastSeq).toBe(events.length);
  }
  const gseqs = (await rows(stub, "SELECT gseq FROM event ORDER BY gseq")).map((row) => row["gseq"]);
  expect(gseqs).toEqual(gseqs.map((_gseq, index) => index + 1));
  expect(await rows(stub, "SELECT asset FROM step_asset WHERE open = 1")).toEqual([]);
  expect(await rows(stub, "SELECT key FROM step WHERE status IN ('assigned', 'running')")).toEqual([]);
}

type Events = readonly {
  readonly step: string | null;
  readonly attempt: number | null;
  readonly event: { readonly type: string } & Record<string, unknown>;
}[];

/** Checks that each line of the successful attempt is stored once. */
function checkNothingLost(events: Events, of: { readonly run: string; readonly step: string; readonly emitted: readonly Emitted[] }): void {
  const mine = events.filter((row) => row.step === of.step);
  const attempt = mine.find((row) => row.event.type === "step_succeeded")?.attempt ?? null;
  const assigned = mine.find((row) => row.attempt === attempt && row.event.type === "step_assigned");
  const epoch = assigned?.event["epoch"];
  const lines = mine.filter((row) => row.attempt === attempt && row.event.type === "log").map((row) => row.event["message"]);
  const expected = of.emitted
    .filter((line) => line.run === of.run && line.step === of.step && line.epoch === epoch)
    .map((line) => line.message);
  expect(lines).toEqual(expected);
}

describe("runs under random faults of agents and networks", () => {
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    it(`every run ends, with nothing recorded twice or lost (seed ${seed})`, { timeout: 60_000 }, () => play(seed));
  }
});
