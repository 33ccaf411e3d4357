import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { testJob } from "../../test/test-location.ts";
import { attemptKey } from "../step-ref.ts";
import { AttemptRecords, parseList, type ListLine } from "./attempt-records.ts";

const OWNER = { instance: "instance-1", server: "abc" };
const JOB = testJob("noop");
const KEY = attemptKey(JOB);
const HEADER: ListLine = { t: "list", format: 1, ...OWNER };
const BEGIN: ListLine = { t: "begin", key: KEY, executor: "detached", job: JOB };

function textOf(lines: readonly ListLine[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
}

function read(text: string): AttemptRecords {
  const list = parseList(text);
  if (list.state !== "read") throw new Error(`the list is ${list.state}`);
  return list.records;
}

describe("attempt records", () => {
  it("a list says what its lines add up to", () => {
    const running: ListLine = { t: "running", key: KEY, ref: "12:34", at: 5 };
    const records = read(textOf([HEADER, BEGIN, running, { t: "cut", key: KEY, stream: "stdout", size: 7 }]));
    expect(records.owner).toEqual(OWNER);
    expect(records.attempts).toEqual([
      { key: KEY, executor: "detached", job: JOB, ref: "12:34", runningSince: 5, cuts: { stdout: [7], stderr: [] }, lost: false },
    ]);
    records.apply({ t: "end", key: KEY });
    expect(records.attempts).toEqual([]);
  });

  it("a list knows the last stored event after each batch", () => {
    const records = new AttemptRecords(OWNER);
    records.apply(BEGIN);
    records.apply({ t: "sent", s: 10, events: [[KEY, 9]] });
    records.apply({ t: "sent", s: 20, events: [[KEY, 17]] });
    const positionAt = (received: number): number | null | undefined => {
      const positions = records.positionsAt(received);
      return positions === null ? null : positions.get(KEY);
    };
    expect([0, 10, 20, 15, 21].map(positionAt)).toEqual([undefined, 9, 17, null, null]);
    records.acknowledged(10);
    expect([0, 10, 20].map(positionAt)).toEqual([null, 9, 17]);
  });

  it("a list forgets numbers that a restarted agent uses again", () => {
    const records = new AttemptRecords(OWNER);
    records.apply(BEGIN);
    records.apply({ t: "sent", s: 10, events: [[KEY, 9]] });
    records.apply({ t: "sent", s: 12, events: [["other", 2]] });
    records.apply({ t: "received", s: 10 });
    records.apply({ t: "sent", s: 15, events: [[KEY, 14]] });
    expect(records.positionsAt(12)).toBeNull();
    expect(Object.fromEntries(records.positionsAt(15) ?? [])).toEqual({ [KEY]: 14 });
  });

  it("a list for a new instance starts its numbers again", () => {
    const records = new AttemptRecords(OWNER);
    records.apply(BEGIN);
    records.apply({ t: "sent", s: 10, events: [[KEY, 9]] });
    records.apply({ t: "sent", s: 20, events: [[KEY, 17]] });
    records.acknowledged(10);
    const renumbered = records.renumbered("instance-2");
    expect(renumbered.owner.instance).toBe("instance-2");
    expect(renumbered.positionsAt(0)?.get(KEY)).toBe(9);
    expect(renumbered.positionsAt(20)).toBeNull();
  });

  it("a list of a newer agent is recognized and not read", () => {
    expect(parseList(textOf([{ ...HEADER, format: 2 }, BEGIN]))).toEqual({ state: "newer", format: 2 });
    for (const text of ["", "\n", "garbage\n", textOf([BEGIN]), JSON.stringify(HEADER)])
      expect(parseList(text)).toEqual({ state: "empty" });
  });

  it("a list ends at a line that cannot be read", () => {
    const records = read(`${textOf([HEADER, BEGIN])}{"t":"sent"}\n${textOf([{ t: "end", key: KEY }])}`);
    expect(records.attempts).toHaveLength(1);
  });

  it("a list keeps lost attempts and the last evaluations with parts", () => {
    const records = new AttemptRecords(OWNER);
    records.apply(BEGIN);
    records.apply({ t: "lost", key: KEY });
    for (let tick = 1; tick <= 300; tick++) records.apply({ t: "part", tick: `t${tick}` });
    const again = read(textOf(records.lines()));
    expect(again.get(KEY)?.lost).toBe(true);
    expect(again.ticks.has("t300")).toBe(true);
    expect(again.ticks.has("t1")).toBe(false);
  });

  const line: fc.Arbitrary<ListLine> = fc.oneof(
    fc.integer({ min: 1, max: 3 }).map((epoch): ListLine => {
      const job = testJob("noop", { epoch });
      return { t: "begin", key: attemptKey(job), executor: "detached", job };
    }),
    fc.integer({ min: 1, max: 3 }).map((epoch): ListLine => ({ t: "end", key: attemptKey({ ...JOB, epoch }) })),
    fc.record({ t: fc.constant("running" as const), key: fc.constant(KEY), ref: fc.constantFrom("1", "2"), at: fc.nat() }),
    fc.record({ t: fc.constant("lost" as const), key: fc.constant(KEY) }),
    fc.record({ t: fc.constant("part" as const), tick: fc.constantFrom("t1", "t2") }),
    fc.record({ t: fc.constant("cut" as const), key: fc.constant(KEY), stream: fc.constant("stderr" as const), size: fc.nat() }),
    fc.record({ t: fc.constant("sent" as const), s: fc.nat(50), events: fc.constant([[KEY, 3]] as const) }),
    fc.record({ t: fc.constant("received" as const), s: fc.nat(50) }),
  );

  it("a list cut after any byte reads as an earlier state", () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), fc.double({ min: 0, max: 1, noNaN: true }), (lines, share) => {
        const whole = Buffer.from(textOf([HEADER, ...lines]));
        const cut = parseList(whole.subarray(0, Math.floor(whole.length * share)).toString("utf8"));
        if (cut.state !== "read") {
          expect(cut).toEqual({ state: "empty" });
          return;
        }
        const earlier = lines.map((_, count) => read(textOf([HEADER, ...lines.slice(0, count)])).lines());
        expect([...earlier, read(textOf([HEADER, ...lines])).lines()]).toContainEqual(cut.records.lines());
      }),
    );
  });

  it("a list says the same when it is written anew", () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 20 }), (lines) => {
        const records = read(textOf([HEADER, ...lines]));
        const again = read(textOf(records.lines()));
        expect(again.attempts).toEqual(records.attempts);
        for (let received = 0; received <= 50; received++)
          expect(again.positionsAt(received)?.get(KEY) ?? 0).toEqual(records.positionsAt(received)?.get(KEY) ?? 0);
      }),
    );
  });
});
