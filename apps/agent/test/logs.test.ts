import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openFixture, type Fixture } from "./agent-fixture.test-support.ts";
import type { FakeControlPlane } from "./fake-control-plane.ts";
import { testJob } from "./test-location.ts";

/** What a reader would see: the chunks of one stream in the order of their numbers. */
function storedText(
  plane: FakeControlPlane,
  step: string,
  stream: "stdout" | "stderr",
): { text: string; final: boolean; offsets: number[] } {
  const chunks = plane.logs
    .filter((log) => log.path.startsWith(`run-1|${step}|1|${stream}|`))
    .sort((a, b) => Number(a.path.split("|").at(-1)) - Number(b.path.split("|").at(-1)));
  return {
    text: chunks.map((chunk) => chunk.text).join(""),
    final: chunks.at(-1)?.final ?? false,
    offsets: chunks.map((chunk) => chunk.offset),
  };
}

describe("raw output", () => {
  let fixture: Fixture;
  beforeEach(async () => {
    fixture = await openFixture();
  });
  afterEach(async () => {
    expect(fixture.plane.problems).toEqual([]);
    await fixture.close();
  });

  it("stdout and stderr of steps in one worker are stored apart", async () => {
    const { plane } = fixture;
    await fixture.start({ config: { slots: 1 } });
    const steps = ["gold/a:1", "b", "c"];
    await plane.until("connected", () => plane.socket !== null);
    for (const step of steps) plane.lease(testJob("print", { step }));
    for (const step of steps) {
      await plane.until(
        `output of ${step} is final`,
        () => storedText(plane, step, "stdout").final && storedText(plane, step, "stderr").final,
      );
      expect(storedText(plane, step, "stdout").text).toBe(`out of ${step}\nx\n`);
      expect(storedText(plane, step, "stderr").text).toBe(`err of ${step}\n`);
    }
  });

  it("the token of a file and other named values are hidden", async () => {
    const { plane, dataDir } = fixture;
    const path = join(dataDir, "token");
    writeFileSync(path, plane.token);
    await fixture.start({ config: { token: { from: "file", path }, hidden: ["owner-token-1"] } });
    // The unit prints the name of its step.
    for (const step of [plane.token, "owner-token-1"]) {
      plane.lease(testJob("print", { step }));
      await plane.until("its output is final", () => storedText(plane, step, "stdout").final);
      expect(storedText(plane, step, "stdout").text).toBe("out of *****\nx\n");
    }
  });

  it("long output comes in chunks with the offset of each", async () => {
    const { plane } = fixture;
    // By size alone: on a busy machine the delay may be over between two pieces of the output.
    await fixture.start({ timing: { logChunkBytes: 1000, logChunkDelayMs: 60_000 } });
    plane.lease(testJob("print", { config: { width: 5500 } }));
    await plane.until("final", () => storedText(plane, "print", "stdout").final);
    const { text, offsets } = storedText(plane, "print", "stdout");
    expect(text).toBe(`out of print\n${"x".repeat(5500)}\n`);
    expect(offsets).toEqual([0, 1000, 2000, 3000, 4000, 5000]);
  });

  it("a step that prints nothing uploads nothing", async () => {
    const { plane } = fixture;
    const agent = await fixture.start();
    plane.lease(testJob("noop"));
    await plane.doneOf("noop");
    await agent.stop("test");
    expect(plane.logs).toEqual([]);
  });

  it("live lines are sent only while a reader has them open", async () => {
    const { plane } = fixture;
    await fixture.start({ timing: { logChunkDelayMs: 60_000 } });
    plane.lease(testJob("print-slowly"));
    await plane.until("it runs", () => plane.eventsOf("print-slowly").length > 0);
    expect(plane.frames.filter((frame) => frame.t === "tail")).toEqual([]);
    const shown = (): string => plane.frames.flatMap((frame) => (frame.t === "tail" ? [frame.text] : [])).join("");
    plane.send({ t: "tail", run: "run-1", step: "print-slowly", on: true });
    await plane.until("some lines are shown", () => shown().includes("slow line 10"));
    plane.send({ t: "tail", run: "run-1", step: "print-slowly", on: false });
    await plane.doneOf("print-slowly");
    // The lines before the reader came are included, the later ones are not.
    expect(shown()).toContain("slow line 0\n");
    expect(shown()).not.toContain("slow line 39");
  });

  it("a refused upload costs the step one notice and nothing else", async () => {
    const { plane } = fixture;
    plane.refuseLogs = true;
    await fixture.start();
    plane.lease(testJob("print-slowly"));
    expect(await plane.doneOf("print-slowly")).toEqual({ outcome: "succeeded" });
    const notices = plane.eventsOf("print-slowly").filter((event) => event.type === "log" && event.source === "agent");
    expect(notices).toHaveLength(1);
    expect(notices[0]).toMatchObject({ level: "warn", message: expect.stringContaining("could not be stored completely") as unknown });
  });
});
