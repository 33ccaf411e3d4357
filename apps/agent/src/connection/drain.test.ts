import { describe, expect, it } from "vitest";
import type { AgentLog } from "../agent-log.ts";
import { Drain } from "./drain.ts";

const SILENT: AgentLog = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

function openDrain({ graceMs, connected = true }: { readonly graceMs: number; readonly connected?: boolean }) {
  const done: string[] = [];
  let finish = (): void => {};
  const idle = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const drain = new Drain({
    graceMs,
    farewellMs: 5,
    work: {
      running: 1,
      drain: () => void done.push("no new work"),
      stopAll: (reason) => {
        done.push(`stop all: ${reason}`);
        finish();
      },
      whenIdle: () => idle,
    },
    connection: { connected, send: (frame) => void done.push(frame.t), stop: () => void done.push("close") },
    outbox: { whenEmpty: async () => void done.push("last reports") },
    uploads: { whenIdle: async () => void done.push("last uploads") },
    log: SILENT,
  });
  return { drain, done, finish };
}

describe("drain", () => {
  it("a draining agent waits for running steps, reports and closes", async () => {
    const { drain, done, finish } = openDrain({ graceMs: 60_000 });
    expect(drain.announcement).toBeNull();
    const stopped = drain.start("end of shift");
    expect(done).toEqual(["no new work", "draining"]);
    expect(drain.announcement).toEqual({ t: "draining", reason: "end of shift", deadlineMs: 60_000 });
    finish();
    await stopped;
    expect(done).toEqual(["no new work", "draining", "last reports", "last uploads", "close"]);
  });

  it("a draining agent stops steps that outlast the grace time", async () => {
    const { drain, done } = openDrain({ graceMs: 1 });
    await drain.start("asked");
    expect(done).toContain("stop all: asked");
  });

  it("an agent drains once, however often it is told to", async () => {
    const { drain, done, finish } = openDrain({ graceMs: 60_000 });
    const both = [drain.start("first"), drain.start("second")];
    finish();
    await Promise.all(both);
    expect(done.filter((entry) => entry === "close")).toHaveLength(1);
    expect(drain.announcement?.reason).toBe("first");
  });

  it("an agent without connection does not wait for acknowledgements", async () => {
    const { drain, done, finish } = openDrain({ graceMs: 60_000, connected: false });
    const stopped = drain.start("asked");
    finish();
    await stopped;
    expect(done).toEqual(["no new work", "last uploads", "close"]);
  });
});
