import { describe, expect, it } from "vitest";
import { MAX_ITEM_BYTES } from "@headgate/shared/protocol/constants.ts";
import type { StepEvent } from "@headgate/shared/domain/run/event.ts";
import { upItemSchema } from "@headgate/shared/protocol/up.ts";
import { maskOf } from "../logs/mask.ts";
import { maskReport } from "./mask-report.ts";
import { admitReport, type Report } from "./report.ts";

const step = { run: "r", step: "s", epoch: 1 };
function event(value: unknown): Report {
  return { k: "event", ...step, at: 0, event: value as StepEvent };
}
const cyclic: Record<string, unknown> = {};
cyclic["self"] = cyclic;

describe("admitting reports", () => {
  it.each([
    [
      "metadata over the limit",
      {
        type: "asset_materialized",
        asset: "a",
        metadata: { rows: { type: "int", value: 3 }, x: { type: "text", value: "x".repeat(210 * 1024) } },
      },
      { rows: { type: "int", value: 3 }, metadata_cut: { type: "text", value: "x: text cut" } },
    ],
    [
      "a cycle",
      { type: "asset_materialized", asset: "a", metadata: { x: { type: "json", value: cyclic } } },
      { x: { type: "json", value: { self: "[refers to itself]" } } },
    ],
    [
      "a bigint",
      { type: "asset_observed", asset: "a", metadata: { x: { type: "int", value: 10n }, y: { type: "int", value: 2n ** 70n } } },
      { x: { type: "int", value: 10 }, y: { type: "text", value: "1180591620717411303424" } },
    ],
    [
      "NaN",
      { type: "asset_observed", asset: "a", metadata: { x: { type: "float", value: Number.NaN } } },
      { x: { type: "text", value: "NaN" } },
    ],
    [
      "an unknown type of metadata",
      { type: "asset_observed", asset: "a", metadata: { x: { type: "picture", value: 1 } } },
      { x: { type: "json", value: { type: "picture", value: 1 } } },
    ],
    ["metadata that is no object", { type: "asset_observed", asset: "a", metadata: null }, {}],
    [
      "a check with too much metadata",
      {
        type: "check_evaluated",
        asset: "a",
        check: "c",
        passed: true,
        severity: "error",
        description: "\u0000".repeat(300_000),
        metadata: { x: { type: "sql", value: "é".repeat(300_000) } },
      },
      { metadata_cut: { type: "text", value: "x: text cut" } },
    ],
  ])("a report with %s is stored all the same", (_name, value, metadata) => {
    const { report, failure, text } = admitReport(event(value));
    expect(failure).toBeNull();
    expect(report).toMatchObject({ k: "event", event: { type: (value as StepEvent).type, metadata } });
    expect(Buffer.byteLength(text)).toBeLessThan(MAX_ITEM_BYTES);
    expect(upItemSchema.safeParse({ ...(JSON.parse(text) as object), s: 1 }).success).toBe(true);
  });

  it("a report of an unknown type becomes a failure that names it", () => {
    const admitted = admitReport(event({ type: "invented", asset: "a" }));
    expect(admitted.failure).toMatchObject({ kind: "bad_output", message: expect.stringContaining("'invented' of a") as unknown });
    expect(admitted.report).toMatchObject({ k: "event", event: { type: "asset_failed", asset: "a" } });
  });

  it("a failure keeps its reason whatever alphabet it is written in", () => {
    const failure = {
      kind: "dbt",
      message: "売上が見つかりません".repeat(5000),
      stack: "行".repeat(60_000),
      codeFrame: "\u0001".repeat(30_000),
      source: { language: "sql", text: "選".repeat(90_000) },
    } as const;
    const {
      report,
      failure: replaced,
      text,
    } = admitReport({ k: "done", ...step, at: 0, result: { outcome: "failed", retryable: true, failure } });
    expect(replaced).toBeNull();
    expect(report).toMatchObject({ result: { failure: { message: expect.stringMatching(/^売上が見つかりません/) as unknown } } });
    expect(Buffer.byteLength(text)).toBeLessThan(MAX_ITEM_BYTES);
  });

  it("a tick that logs without end keeps what it asks for", () => {
    const logs = Array.from({ length: 50_000 }, (_, line) => ({ level: "info", message: `line ${line}`, at: 0 }));
    const result = { outcome: "evaluated" as const, cursor: "c", runs: [{ runKey: "k", tags: {} }], logs };
    const { report } = admitReport({ k: "tick", tick: "t", result });
    expect(report).toMatchObject({ result: { outcome: "evaluated", cursor: "c", runs: [{ runKey: "k" }] } });
    const kept = report.k === "tick" ? (report.result.logs ?? []) : [];
    expect(kept[0]).toMatchObject({ message: "line 0" });
    expect(kept.at(-1)?.message).toBe(`${50_000 - kept.length + 1} further lines of this tick are left out.`);
  });

  it.each([
    ["a long log line", event({ type: "log", level: "info", message: "é".repeat(500_000) })],
    ["log fields that are too large", event({ type: "log", level: "info", message: "m", fields: { x: "x".repeat(400_000) } })],
    ["a log line of an invented level", event({ type: "log", level: "loud", message: "m" })],
    [
      "an endless failure",
      { k: "done", ...step, at: 0, result: { outcome: "failed", retryable: true, failure: endless(12) } } satisfies Report,
    ],
    [
      "a tick with too many runs",
      {
        k: "tick",
        tick: "t",
        result: {
          outcome: "evaluated",
          cursor: null,
          logs: [],
          runs: Array.from({ length: 5000 }, (_, i) => ({ runKey: `${i}`.padEnd(100, "x"), tags: {} })),
        },
      } satisfies Report,
    ],
  ])("%s is made to fit and costs the step nothing", (_name, report) => {
    const { text, failure } = admitReport(report);
    expect(failure).toBeNull();
    expect(Buffer.byteLength(text)).toBeLessThan(MAX_ITEM_BYTES);
    expect(upItemSchema.safeParse({ ...(JSON.parse(text) as object), s: 1 }).success).toBe(true);
  });

  it("secrets are hidden in written text, never in keys", () => {
    const mask = maskOf(["lakehouse", 'quo"ted-secret']);
    const masked = maskReport(
      event({
        type: "asset_materialized",
        asset: "lakehouse/orders",
        metadata: { url: { type: "url", value: "pg://u:lakehouse@h" }, q: { type: "text", value: 'a quo"ted-secret b' } },
      }),
      mask,
    );
    expect(masked).toMatchObject({
      event: { asset: "lakehouse/orders", metadata: { url: { value: "pg://u:*****@h" }, q: { value: "a ***** b" } } },
    });
  });

  it("a secret that equals a number or field name breaks no report", () => {
    const mask = maskOf(["12345678", "message"]);
    const masked = maskReport(
      event({
        type: "asset_materialized",
        asset: "a",
        metadata: { rows: { type: "int", value: 9_912_345_678 }, note: { type: "text", value: "pin 12345678" } },
      }),
      mask,
    );
    expect(masked).toMatchObject({ event: { metadata: { rows: { value: 9_912_345_678 }, note: { value: "pin *****" } } } });
    const log = maskReport(event({ type: "log", level: "info", message: "pin 12345678", fields: { message: 12_345_678 } }), mask);
    expect(log).toMatchObject({ event: { message: "pin *****", fields: { message: 12_345_678 } } });
  });

  it("secrets are hidden in tick results and load errors, never in cursors", () => {
    const mask = maskOf(["hunter2hunter2"]);
    const evaluated = {
      outcome: "evaluated" as const,
      cursor: "hunter2hunter2",
      skipReason: "no hunter2hunter2",
      runs: [],
      logs: [{ level: "info", message: "with hunter2hunter2", at: 1 }],
    };
    expect(maskReport({ k: "tick", tick: "t", result: evaluated }, mask)).toMatchObject({
      result: { cursor: "hunter2hunter2", skipReason: "no *****", logs: [{ message: "with *****", at: 1 }] },
    });
    expect(
      maskReport(
        { k: "tick", tick: "t", result: { outcome: "failed", message: "hunter2hunter2 refused", stack: "at hunter2hunter2" } },
        mask,
      ),
    ).toMatchObject({ result: { message: "***** refused", stack: "at *****" } });
    const errors = [{ kind: "threw" as const, message: "cannot log in with hunter2hunter2" }];
    expect(maskReport({ k: "location", location: "l", version: "v", state: "failed", errors }, mask)).toMatchObject({
      errors: [{ kind: "threw", message: "cannot log in with *****" }],
    });
  });
});

function endless(depth: number): {
  kind: "user_code";
  message: string;
  stack: string;
  source: { language: string; text: string };
  cause?: ReturnType<typeof endless>;
} {
  const own = {
    kind: "user_code" as const,
    message: "m".repeat(30_000),
    stack: "s".repeat(60_000),
    source: { language: "sql", text: "q".repeat(200_000) },
  };
  return depth === 0 ? own : { ...own, cause: endless(depth - 1) };
}
