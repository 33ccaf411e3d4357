import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { upFrameSchema, type UpItem } from "@headgate/shared/protocol/up.ts";
import { maskOf } from "../logs/mask.ts";
import { attemptKey } from "../step-ref.ts";
import { Outbox, type OutboxLimits } from "./outbox.ts";
import type { Report } from "./report.ts";
import { Spool } from "./spool.ts";

const LIMITS: OutboxLimits = { batchDelayMs: 1, batchItems: 3, frameBytes: 4000, inflightBatches: 2, outboxMemoryBytes: 2000 };

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "outbox-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function outboxOf(limits: Partial<OutboxLimits> = {}, spoolBytes = 1_000_000): Outbox {
  return new Outbox({ limits: { ...LIMITS, ...limits }, spool: new Spool(join(dir, "spool"), spoolBytes), mask: maskOf([]), now: () => 0 });
}
function line(message: string, step = "s"): Report {
  return { k: "event", run: "r", step, epoch: 1, at: 0, event: { type: "log", level: "info", message } };
}
function materialized(text: string): Report {
  return {
    k: "event",
    run: "r",
    step: "s",
    epoch: 1,
    at: 0,
    event: { type: "asset_materialized", asset: "a", metadata: { text: { type: "text", value: text } } },
  };
}
function done(step = "s"): Report {
  return { k: "done", run: "r", step, epoch: 1, at: 0, result: { outcome: "succeeded" } };
}
function itemsOf(frame: string): UpItem[] {
  const parsed = upFrameSchema.parse(JSON.parse(frame));
  return parsed.t === "batch" ? parsed.items : [];
}
function messages(items: readonly UpItem[]): string[] {
  return items.flatMap((item) => (item.k === "event" && item.event.type === "log" ? [item.event.message] : [item.k]));
}
/** A server that stores in order and acknowledges everything it gets. */
function drainAll(outbox: Outbox, stored: UpItem[] = []): UpItem[] {
  const frames: string[] = [];
  const high = (): number => stored.at(-1)?.s ?? 0;
  outbox.attach((frame) => frames.push(frame), high());
  for (let frame = frames.shift(); frame !== undefined; frame = frames.shift()) {
    for (const item of itemsOf(frame)) if (item.s === high() + 1) stored.push(item);
    outbox.ack(high());
  }
  return stored;
}

describe("outbox", () => {
  it("reports leave in order through memory and disk, without a gap", () => {
    const outbox = outboxOf();
    const expected = Array.from({ length: 200 }, (_, index) => `m${index}`);
    for (const message of expected) outbox.add(line(message));
    outbox.add(done());
    const items = drainAll(outbox);
    expect(items.map((item) => item.s)).toEqual(items.map((_, index) => index + 1));
    expect(messages(items)).toEqual([...expected, "done"]);
    expect(outbox.empty).toBe(true);
    expect(outbox.unacknowledged).toEqual([]);
  });

  it("the outbox holds back when too many batches are unacknowledged", () => {
    const outbox = outboxOf();
    const frames: string[] = [];
    for (let i = 0; i < 20; i++) outbox.add(line(`m${i}`));
    outbox.attach((frame) => frames.push(frame), 0);
    expect(frames).toHaveLength(2);
    outbox.ack(3);
    expect(frames).toHaveLength(3);
    outbox.close();
  });

  it("a reconnect sends again exactly what the control plane lacks", () => {
    const outbox = outboxOf();
    for (let i = 1; i <= 6; i++) outbox.add(line(`m${i}`));
    const first: string[] = [];
    outbox.attach((frame) => first.push(frame), 0);
    outbox.detach();
    const second: string[] = [];
    expect(outbox.attach((frame) => second.push(frame), 4)).toBe("resumed");
    expect(second.flatMap(itemsOf).map((item) => item.s)).toEqual([5, 6]);
    outbox.close();
  });

  it("a control plane that lost numbers gets everything numbered anew", () => {
    const outbox = outboxOf();
    for (let i = 1; i <= 5; i++) outbox.add(line(`m${i}`));
    const frames: string[] = [];
    outbox.attach((frame) => frames.push(frame), 0);
    outbox.ack(3);
    outbox.detach();
    expect(outbox.attach(() => {}, 0)).toBe("foreign");
    expect(outbox.attach(() => {}, 99)).toBe("foreign");
    outbox.renumber();
    const items = drainAll(outbox);
    expect(messages(items)).toEqual(["m4", "m5"]);
    expect(items.map((item) => item.s)).toEqual([1, 2]);
  });

  it("a full spool drops log lines first and counts them per step", () => {
    const outbox = outboxOf({ outboxMemoryBytes: 0 }, 20_000);
    for (let i = 0; i < 300; i++) outbox.add(line(`line ${i} ${"x".repeat(50)}`, i % 2 === 0 ? "even" : "odd"));
    for (let i = 0; i < 40; i++) expect(outbox.add(materialized("y".repeat(100)))).toEqual({ state: "kept" });
    outbox.add(done("even"));
    outbox.add(done("odd"));
    const items = drainAll(outbox);
    expect(items.filter((item) => item.k === "event" && item.event.type === "asset_materialized")).toHaveLength(40);
    for (const step of ["even", "odd"]) {
      const mine = items.filter((item) => "step" in item && item.step === step);
      const kept = messages(mine).filter((message) => message.startsWith("line ")).length;
      const said = messages(mine).flatMap((message) => /^(\d+) log lines of this step/.exec(message)?.[1] ?? []);
      expect(said.reduce((sum, count) => sum + Number(count), kept)).toBe(150);
      expect(mine.at(-1)?.k).toBe("done");
    }
  });

  it("a step whose reports do not fit fails, but keeps its end", () => {
    const outbox = outboxOf({ outboxMemoryBytes: 0 }, 5000);
    const states = Array.from({ length: 20 }, () => outbox.add(materialized("y".repeat(1000))).state);
    expect(states).toContain("full");
    expect(outbox.add(done())).toEqual({ state: "kept" });
    const items = drainAll(outbox);
    expect(items.filter((item) => item.k === "event")).toHaveLength(states.filter((state) => state === "kept").length);
    expect(items.at(-1)?.k).toBe("done");
  });

  it("every report arrives once and in order, whatever happens", () => {
    const command = fc.oneof(
      { weight: 6, arbitrary: fc.record({ do: fc.constant("add" as const), size: fc.integer({ min: 0, max: 600 }), done: fc.boolean() }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant("connect" as const) }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant("lose" as const) }) },
      { weight: 3, arbitrary: fc.record({ do: fc.constant("arrive" as const) }) },
      { weight: 3, arbitrary: fc.record({ do: fc.constant("ack" as const), part: fc.double({ min: 0, max: 1, noNaN: true }) }) },
    );
    fc.assert(
      fc.property(fc.array(command, { maxLength: 120 }), (commands) => {
        const outbox = outboxOf();
        const stored: UpItem[] = [];
        let count = 0;
        // Sent, but not yet at the control plane; a lost connection takes it along.
        let wire: string[] = [];
        for (const step of commands) {
          if (step.do === "add") outbox.add(step.done ? done(`s${count++}`) : line(`${count++} ${"x".repeat(step.size)}`));
          else if (step.do === "connect") {
            wire = [];
            expect(outbox.attach((frame) => wire.push(frame), stored.length)).toBe("resumed");
          } else if (step.do === "lose") {
            wire = [];
            outbox.detach();
          } else if (step.do === "arrive") {
            for (const item of itemsOf(wire.shift() ?? '{"t":"slots","slots":0}')) if (item.s === stored.length + 1) stored.push(item);
          } else outbox.ack(Math.floor(stored.length * step.part));
        }
        outbox.detach();
        drainAll(outbox, stored);
        const order = stored.map((item) =>
          item.k === "done"
            ? Number(item.step.slice(1))
            : item.k === "event" && item.event.type === "log"
              ? Number.parseInt(item.event.message, 10)
              : -1,
        );
        expect(order).toEqual(Array.from({ length: count }, (_, index) => index));
        expect(outbox.empty).toBe(true);
        outbox.close();
      }),
      { seed: 7, numRuns: 150 },
    );
  });

  it("the journal hears which events leave and which ends are stored", () => {
    const heard: unknown[] = [];
    const frames: string[] = [];
    const outbox = new Outbox({
      limits: LIMITS,
      spool: new Spool(join(dir, "spool"), 1_000_000),
      mask: maskOf([]),
      now: () => 0,
      journal: {
        resumed: (received) => void heard.push(["resumed", received]),
        sent: (s, events) => void heard.push(["sent", s, events, frames.length]),
        acknowledged: (s, ended) => void heard.push(["acknowledged", s, ended]),
      },
      resumes: true,
    });
    outbox.add(line("one"), 1);
    outbox.add(line("two"), 2);
    outbox.add(done());
    outbox.attach((frame) => void frames.push(frame), 41);
    outbox.ack(43);
    outbox.ack(44);
    const key = attemptKey({ run: "r", step: "s", epoch: 1 });
    expect(heard).toEqual([
      ["resumed", 41],
      ["sent", 44, [[key, 2]], 0],
      ["acknowledged", 43, []],
      ["acknowledged", 44, [{ run: "r", step: "s", epoch: 1 }]],
    ]);
    expect(frames.flatMap(itemsOf).map(({ s }) => s)).toEqual([42, 43, 44]);
  });

  it("an event keeps its position on its way through the spool", () => {
    const sent: unknown[] = [];
    const outbox = new Outbox({
      limits: { ...LIMITS, outboxMemoryBytes: 1 },
      spool: new Spool(join(dir, "spool"), 1_000_000),
      mask: maskOf([]),
      now: () => 0,
      journal: { resumed: () => {}, sent: (_s, events) => void sent.push(...events), acknowledged: () => {} },
    });
    outbox.add(line("one"), 7);
    drainAll(outbox);
    expect(sent).toEqual([[attemptKey({ run: "r", step: "s", epoch: 1 }), 7]]);
  });
});
