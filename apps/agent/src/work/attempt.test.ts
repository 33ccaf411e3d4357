import { describe, expect, it } from "vitest";
import type { StepEvent } from "@headgate/shared/domain/run/event.ts";
import { testJob } from "../../test/test-location.ts";
import type { AgentLog } from "../agent-log.ts";
import type { Report } from "../connection/report.ts";
import type { Execution, ExecutionEnd, ExecutionSink } from "../executors/executor.ts";
import { maskOf } from "../logs/mask.ts";
import { StepOutput } from "../logs/step-output.ts";
import { DEFAULT_TIMING } from "../timing.ts";
import { Attempt, type AttemptOptions } from "./attempt.ts";

const SILENT: AgentLog = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const JOB = testJob("noop");
const LOG_LINE: StepEvent = { type: "log", level: "info", message: "hello" };

/** An execution that the test drives. */
class ManualExecution implements Execution {
  readonly calls: string[] = [];
  sink: ExecutionSink | null = null;
  end: (end: ExecutionEnd) => void = () => {};
  readonly ended = new Promise<ExecutionEnd>((resolve) => {
    this.end = resolve;
  });
  readonly outputEnded = this.ended.then(() => {});

  cancel(reason: string): void {
    this.calls.push(`cancel: ${reason}`);
  }

  terminate(): void {
    this.calls.push("terminate");
  }

  leave(): boolean {
    this.calls.push("leave");
    return false;
  }
}

function makeAttempt(options: Partial<AttemptOptions> & Pick<AttemptOptions, "launch">): { attempt: Attempt; reports: Report[] } {
  const reports: Report[] = [];
  const output = new StepOutput({
    job: JOB,
    timing: DEFAULT_TIMING,
    mask: maskOf([]),
    upload: async () => null,
    onLoss: () => {},
    sendTail: () => {},
  });
  const attempt = new Attempt({
    job: JOB,
    resume: null,
    report: (report) => {
      reports.push(report);
      return { state: "kept" };
    },
    judge: () => null,
    onRunning: () => {},
    onReported: () => {},
    output,
    timing: DEFAULT_TIMING,
    now: Date.now,
    log: SILENT,
    ...options,
  });
  return { attempt, reports };
}

function launchOf(execution: ManualExecution): AttemptOptions["launch"] {
  return async (sink) => {
    execution.sink = sink;
    return execution;
  };
}

describe("attempt", () => {
  it("an attempt stopped before its start is never launched", async () => {
    let launched = 0;
    const { attempt, reports } = makeAttempt({
      launch: () => {
        launched++;
        return new ManualExecution();
      },
    });
    attempt.stop({ kind: "canceled", reason: "asked" }, 1000);
    await attempt.run();
    expect(launched).toBe(0);
    expect(reports).toMatchObject([{ k: "done", result: { outcome: "canceled" } }]);
  });

  it("an attempt stopped before its adoption cancels what runs", async () => {
    const execution = new ManualExecution();
    const { attempt, reports } = makeAttempt({ launch: launchOf(execution), resume: { storedPosition: 0, runningSince: null } });
    attempt.stop({ kind: "canceled", reason: "asked" }, 1000);
    const over = attempt.run();
    await expect.poll(() => execution.calls).toEqual(["cancel: asked"]);
    execution.end({ at: 1, result: { outcome: "succeeded" } });
    await over;
    expect(reports).toMatchObject([{ k: "done", result: { outcome: "succeeded" } }]);
  });

  it("an attempt that cannot be adopted is reported as lost", async () => {
    const { attempt, reports } = makeAttempt({ launch: async () => null, resume: { storedPosition: 3, runningSince: 1 } });
    await attempt.run();
    expect(reports).toMatchObject([{ k: "done", result: { outcome: "failed", retryable: true, failure: { kind: "agent_lost" } } }]);
  });

  it("an adopted attempt reports only events that are not stored", async () => {
    const execution = new ManualExecution();
    const bad = { kind: "bad_output", message: "too large" } as const;
    const { attempt, reports } = makeAttempt({
      launch: launchOf(execution),
      resume: { storedPosition: 2, runningSince: 1 },
      judge: () => bad,
    });
    const over = attempt.run();
    await expect.poll(() => execution.sink).not.toBeNull();
    for (const position of [1, 2, 3]) execution.sink?.onEvent({ position, at: position, event: LOG_LINE });
    execution.end({ at: 9, result: { outcome: "succeeded" } });
    await over;
    expect(reports.map((report) => ("at" in report ? report.at : 0))).toEqual([3, 9]);
    // A stored event that could not be stored as it was still fails the step.
    expect(reports.at(-1)).toMatchObject({ k: "done", result: { outcome: "failed", failure: bad } });
  });
});
