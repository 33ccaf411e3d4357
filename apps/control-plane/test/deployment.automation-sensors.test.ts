/** Sensors and schedules with user code: their evaluation, their results, and agents that vanish. */
import { evictDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import type { TickFrame } from "@headgate/shared/protocol/down.ts";
import type { TickPart, TickResult } from "@headgate/shared/protocol/tick-result.ts";
import { clock } from "../src/deployment/kernel/clock.ts";
import { moveClock, ringAlarm, setClock, useRealClock } from "./support/clock.ts";
import { type DeploymentObject, newDeployment, publish, raw, rows } from "./support/deployment.ts";
import { FakeAgent } from "./support/fake-agent.ts";
import { assetsOf, manifest } from "./support/manifests.ts";

const NOON = Date.UTC(2027, 5, 15, 12);
const HOUR = 3_600_000;
const jobs = [{ name: "nightly", selection: "*" }];

type Asked = Partial<Omit<Extract<TickResult, { outcome: "evaluated" }>, "outcome">>;
const evaluated = (asked: Asked = {}): TickResult => ({ outcome: "evaluated", cursor: null, runs: [], logs: [], ...asked });
const answer = (frame: TickFrame, result: TickResult) => ({ k: "tick", tick: frame.tick, result }) as const;
const part = (frame: TickFrame, no: number, asked: Partial<TickPart>) =>
  ({ k: "tick_part", tick: frame.tick, part: { part: no, cursor: null, runs: [] as TickPart["runs"], ...asked } }) as const;
const key = (runKey: string) => ({ runKey, tags: {} });

async function tickFrames(agent: FakeAgent, count: number): Promise<TickFrame[]> {
  const found = () => agent.frames.filter((frame): frame is TickFrame => frame.t === "tick");
  await agent.waitFor(() => found().length >= count, `${count} ticks`);
  expect(found()).toHaveLength(count);
  return found();
}
const ticksOf = async (stub: DeploymentObject) => unwrap(await stub.ask("automations.ticks", { limit: 100 })).items.toReversed();

beforeEach(() => setClock(NOON));
afterEach(useRealClock);

describe("polling sensors", () => {
  const sensed = manifest({
    ...assetsOf({ a: [] }),
    jobs,
    sensors: [{ name: "files", kind: "polling", job: "nightly", intervalSeconds: 60 }],
  });

  async function started() {
    const stub = newDeployment();
    await publish(stub, sensed);
    const agent = new FakeAgent();
    // Without slots the runs stay queued, and the agent only evaluates ticks.
    await agent.start(stub, { slots: 0 });
    await ringAlarm(stub);
    const [first] = await tickFrames(agent, 1);
    return { stub, agent, first: first as TickFrame };
  }
  const next = async (stub: DeploymentObject, ms = 60_000) => {
    moveClock(ms);
    await ringAlarm(stub);
  };

  it("a waiting sensor keeps its interval when the clock is set back", async () => {
    const { stub, agent, first } = await started();
    await agent.reported(answer(first, evaluated({ cursor: "one" })));
    moveClock(-5 * HOUR);
    await stub.sweep();
    await next(stub);
    const [, second] = await tickFrames(agent, 2);
    await agent.reported(answer(second as TickFrame, evaluated({ cursor: "two" })));
    moveClock(-5 * HOUR);
    await evictDurableObject(raw(stub));
    expect((await rows(stub, "SELECT at FROM timer WHERE kind = 'sensor'"))[0]?.["at"]).toBeLessThanOrEqual(clock.now() + 60_000);
    await next(stub);
    await agent.start(stub, { slots: 0 });
    await agent.waitFor(() => agent.frames.filter((frame) => frame.t === "tick").length === 3, "a third tick");
  });

  it("a tick survives an eviction in the middle", async () => {
    const { stub, agent, first } = await started();
    await evictDurableObject(raw(stub));
    await agent.reported(part(first, 1, { cursor: "c1", runs: [key("a")] }));
    await evictDurableObject(raw(stub));
    await agent.reported(answer(first, evaluated({ cursor: "c2", runs: [key("a"), key("b")] })));
    expect(await ticksOf(stub)).toMatchObject([{ state: "requested", runCount: 2 }]);
  });
});
