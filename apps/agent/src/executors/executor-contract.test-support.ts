/**
 * Tests the duties of every executor, whatever it runs user code in. A new executor calls `describeExecutorContract` in a test of its own;
 * the code location of `test/test-location.ts` must be able to run in it.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StepEvent } from "@headgate/shared/domain/run/event.ts";
import type { JobFrame } from "@headgate/shared/protocol/down.ts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FakeControlPlane } from "../../test/fake-control-plane.ts";
import { testJob, testVersion } from "../../test/test-location.ts";
import type { AgentLog } from "../agent-log.ts";
import type { OutputStream } from "../logs/output-stream.ts";
import { DEFAULT_TIMING } from "../timing.ts";
import { AgentToken } from "../agent-token.ts";
import { ControlPlaneHttp } from "../versions/control-plane-http.ts";
import type { Adoption, ExecutionEvent, ExecutionSink, Executor, OpenExecutor } from "./executor.ts";

const SILENT: AgentLog = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** A sink that keeps what it is given, in order. */
export class RecordingSink implements ExecutionSink {
  readonly refs: string[] = [];
  readonly events: ExecutionEvent[] = [];
  readonly output: Record<OutputStream, string> = { stdout: "", stderr: "" };

  onRunning(ref: string): void {
    this.refs.push(ref);
  }

  onRestarting(): void {}

  onEvent(event: ExecutionEvent): void {
    this.events.push(event);
  }

  onOutput(stream: OutputStream, bytes: Buffer): void {
    this.output[stream] += bytes.toString("utf8");
  }

  get types(): string[] {
    return this.events.map(({ event }) => event.type);
  }

  get messages(): string[] {
    return this.events.flatMap(({ event }) => (event.type === "log" ? [event.message] : []));
  }

  async until(what: string, condition: (sink: RecordingSink) => boolean): Promise<void> {
    await expect.poll(() => condition(this), { timeout: 30_000, message: what }).toBe(true);
  }
}

export function describeExecutorContract(name: string, open: OpenExecutor): void {
  describe(`executor contract: ${name}`, () => {
    let plane: FakeControlPlane;
    let dataDir: string;
    const executors: Executor[] = [];

    function openAnother(): Executor {
      const folder = join(dataDir, "instances", String(executors.length));
      mkdirSync(folder, { recursive: true });
      const http = new ControlPlaneHttp({
        url: plane.url,
        token: new AgentToken({ from: "value", value: plane.token }),
        random: Math.random,
      });
      const timing = { ...DEFAULT_TIMING, killDelayMs: 200 };
      const executor = open({ dataDir, folder, http, timing, log: SILENT, now: Date.now });
      executors.push(executor);
      return executor;
    }

    beforeEach(async () => {
      dataDir = mkdtempSync(join(tmpdir(), "executor-"));
      plane = await FakeControlPlane.start();
      plane.addVersion(testVersion());
    });
    afterEach(async () => {
      await Promise.all(executors.splice(0).map((executor) => executor.close()));
      await plane.close();
      rmSync(dataDir, { recursive: true, force: true });
    });

    it("the events of a step come in order before its end", async () => {
      const sink = new RecordingSink();
      const execution = openAnother().start(testJob("chatty", { config: { lines: 30 } }), sink);
      expect(sink.events).toEqual([]);
      expect((await execution.ended).result).toEqual({ outcome: "succeeded" });
      expect(sink.refs.length).toBeGreaterThan(0);
      expect(sink.types).toEqual(["step_started", ...Array.from({ length: 30 }, () => "log"), "asset_materialized"]);
      expect(sink.events.map(({ position }) => position)).toEqual(sink.events.map((_, index) => index + 1));
    });

    it("raw output is complete when the output has ended", async () => {
      const sink = new RecordingSink();
      const execution = openAnother().start(testJob("print", { config: { width: 100_000 } }), sink);
      await execution.outputEnded;
      expect(sink.output.stderr).toBe("err of print\n");
      expect(sink.output.stdout).toBe(`out of print\n${"x".repeat(100_000)}\n`);
    });

    it("steps that run together keep their events and output apart", async () => {
      const executor = openAnother();
      const jobs = ["one", "two"].map((step) => testJob("print", { step }));
      const sinks = jobs.map(() => new RecordingSink());
      await Promise.all(jobs.map((job, index) => executor.start(job, sinks[index] ?? new RecordingSink()).outputEnded));
      expect(sinks.map(({ output }) => output.stderr)).toEqual(["err of one\n", "err of two\n"]);
      expect(sinks.map(({ types }) => types)).toEqual([["step_started"], ["step_started"]]);
    });

    it("a step whose code throws ends as failed", async () => {
      const { result } = await openAnother().start(testJob("throws"), new RecordingSink()).ended;
      expect(result).toMatchObject({ outcome: "failed", failure: { message: expect.stringContaining("escaped") as unknown } });
    });

    it("a step whose process exits fails and may be retried", async () => {
      const { result } = await openAnother().start(testJob("exits"), new RecordingSink()).ended;
      expect(result).toMatchObject({ outcome: "failed", retryable: true });
    });

    it("a step whose version cannot be fetched ends as failed", async () => {
      const { result } = await openAnother().start(testJob("noop", { version: "missing" }), new RecordingSink()).ended;
      expect(result).toMatchObject({ outcome: "failed" });
    });

    it("a cancel reaches user code, which ends the step", async () => {
      const sink = new RecordingSink();
      const execution = openAnother().start(testJob("wait"), sink);
      await sink.until("the step waits", ({ messages }) => messages.includes("waiting"));
      execution.cancel("asked by ann");
      expect((await execution.ended).result).toEqual({ outcome: "canceled" });
      expect(sink.messages).toContain("aborted: asked by ann");
    });

    it("a step canceled before user code begins ends at once", async () => {
      const sink = new RecordingSink();
      const execution = openAnother().start(testJob("wait"), sink);
      execution.cancel("never mind");
      expect((await execution.ended).result).toEqual({ outcome: "canceled" });
      expect(sink.events).toEqual([]);
    });

    it("a terminated step ends with everything that it started", async () => {
      const sink = new RecordingSink();
      const execution = openAnother().start(testJob("stubborn"), sink);
      await sink.until("the child runs", ({ messages }) => messages.some((message) => message.startsWith("child ")));
      const child = Number(sink.messages.at(-1)?.slice("child ".length));
      execution.terminate();
      expect((await execution.ended).result).not.toEqual({ outcome: "succeeded" });
      await expect.poll(() => isAlive(child)).toBe(false);
      expect(isAlive(pidIn(sink))).toBe(false);
    });

    it("an active version loads and an unknown one is refused", async () => {
      const { locations } = openAnother();
      expect(await locations.load("main", "v1")).toEqual([]);
      await expect(locations.load("main", "missing")).rejects.toThrow();
    });

    it("a closed executor leaves only what can be adopted running", async () => {
      const sink = new RecordingSink();
      const executor = openAnother();
      executor.start(testJob("wait"), sink);
      await sink.until("the step waits", ({ messages }) => messages.includes("waiting"));
      await executor.close();
      expect(isAlive(pidIn(sink))).toBe(executor.adoption !== null);
      await executor.adoption?.discard({ job: testJob("wait"), ref: sink.refs.at(-1) ?? null });
    });

    /** A second executor that adopts what a first one began; executors that adopt nothing are done here. */
    async function adoptAfter(job: JobFrame, ready: (sink: RecordingSink) => boolean): Promise<Adopted | null> {
      const before = new RecordingSink();
      const first = openAnother();
      if (first.adoption === null) return null;
      first.start(job, before);
      await before.until("the first executor is ready", ready);
      await first.close();
      const { adoption } = openAnother();
      return adoption === null ? null : { before, adoption, recorded: { job, ref: before.refs.at(-1) ?? null } };
    }

    it("an adopted step reports everything again from its beginning", async () => {
      const job = testJob("chatty", { config: { lines: 60, pause: 20 } });
      const adopted = await adoptAfter(job, ({ events }) => events.length > 15);
      if (adopted === null) return;
      const { before, adoption, recorded } = adopted;
      const sink = new RecordingSink();
      const execution = await adoption.adopt(recorded, sink);
      expect((await execution?.ended)?.result).toEqual({ outcome: "succeeded" });
      expect(sink.events.slice(0, before.events.length)).toEqual(before.events);
      expect(sink.events.map(({ position }) => position)).toEqual(Array.from({ length: 62 }, (_, index) => index + 1));
    });

    it("a step that ended meanwhile is adopted with its end", async () => {
      const adopted = await adoptAfter(testJob("noop"), ({ types }) => types.includes("asset_materialized"));
      if (adopted === null) return;
      await expect.poll(() => isAlive(pidIn(adopted.before))).toBe(false);
      const sink = new RecordingSink();
      const execution = await adopted.adoption.adopt(adopted.recorded, sink);
      expect((await execution?.ended)?.result).toEqual({ outcome: "succeeded" });
      expect(sink.types).toEqual(["step_started", "asset_materialized"]);
    });

    it("an unknown or discarded step cannot be adopted", async () => {
      const adopted = await adoptAfter(testJob("wait"), ({ messages }) => messages.includes("waiting"));
      if (adopted === null) return;
      const { before, adoption, recorded } = adopted;
      expect(await adoption.adopt({ job: testJob("noop"), ref: null }, new RecordingSink())).toBeNull();
      await adoption.discard(recorded);
      await adoption.discard(recorded);
      expect(await adoption.adopt(recorded, new RecordingSink())).toBeNull();
      await expect.poll(() => isAlive(pidIn(before))).toBe(false);
    });
  });
}

interface Adopted {
  readonly before: RecordingSink;
  readonly adoption: Adoption;
  readonly recorded: { readonly job: JobFrame; readonly ref: string | null };
}

function pidIn({ events }: RecordingSink): number {
  const started = events.find(({ event }) => event.type === "step_started")?.event as
    | Extract<StepEvent, { type: "step_started" }>
    | undefined;
  return started?.pid ?? 0;
}

/** A process that ended stays in the table until init has looked at it. */
function isAlive(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
