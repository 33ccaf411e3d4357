/** The limit for silence of a step: who says nothing for so long is ended like one that takes too long; who says something goes on. */
import { afterEach, beforeEach, expect, it } from "vitest";
import { openFixture, type Fixture } from "./agent-fixture.test-support.ts";
import { testJob } from "./test-location.ts";

let fixture: Fixture;
beforeEach(async () => {
  fixture = await openFixture();
});
afterEach(async () => {
  await fixture.close();
});

it("a step that reports nothing for too long times out", async () => {
  const { plane } = fixture;
  await fixture.start();
  plane.lease(testJob("wait", { idleTimeoutSeconds: 0.2 }));
  expect(await plane.doneOf("wait")).toMatchObject({
    outcome: "failed",
    retryable: true,
    failure: { kind: "timeout", message: expect.stringContaining("reported nothing for 0.2 seconds") as unknown },
  });
});

it("a silent step that ignores the stop request is ended by force", async () => {
  const { plane } = fixture;
  await fixture.start();
  plane.lease(testJob("stubborn", { idleTimeoutSeconds: 0.3 }));
  expect(await plane.doneOf("stubborn")).toMatchObject({
    outcome: "failed",
    failure: { kind: "timeout", message: expect.stringContaining("reported nothing") as unknown, cause: { kind: "out_of_memory" } },
  });
});

it("a step that logs or prints outlasts its limit for silence", async () => {
  const { plane } = fixture;
  await fixture.start();
  plane.lease(testJob("chatty", { idleTimeoutSeconds: 0.8, config: { lines: 120, pause: 100 } }));
  plane.lease(testJob("print-slowly", { idleTimeoutSeconds: 0.6 }));
  expect(await plane.doneOf("chatty")).toEqual({ outcome: "succeeded" });
  expect(await plane.doneOf("print-slowly")).toEqual({ outcome: "succeeded" });
});
