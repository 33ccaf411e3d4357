/** The limit for silence of a step: who says nothing for so long is ended like one that takes too long; who says something goes on. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { openFixture, type Fixture } from "./agent-fixture.test-support.ts";
import { testJob } from "./test-location.ts";

let fixture: Fixture;
beforeEach(async () => {
  fixture = await openFixture();
});
afterEach(async () => {
  await fixture.close();
});

test("a step that reports nothing for its limit ends as a time-out that says so and may be tried again", async () => {
  const { plane } = fixture;
  await fixture.start();
  plane.lease(testJob("wait", { idleTimeoutSeconds: 0.2 }));
  expect(await plane.doneOf("wait")).toMatchObject({
    outcome: "failed",
    retryable: true,
    failure: { kind: "timeout", message: expect.stringContaining("reported nothing for 0.2 seconds") as unknown },
  });
});

test("a step that ignores the request to stop is ended all the same, with its own end as the cause", async () => {
  const { plane } = fixture;
  await fixture.start();
  plane.lease(testJob("stubborn", { idleTimeoutSeconds: 0.3 }));
  expect(await plane.doneOf("stubborn")).toMatchObject({
    outcome: "failed",
    failure: { kind: "timeout", message: expect.stringContaining("reported nothing") as unknown, cause: { kind: "out_of_memory" } },
  });
});

test("a step that takes longer than its limit for silence goes on as long as it logs or prints", async () => {
  const { plane } = fixture;
  await fixture.start();
  plane.lease(testJob("chatty", { idleTimeoutSeconds: 0.8, config: { lines: 120, pause: 100 } }));
  plane.lease(testJob("print-slowly", { idleTimeoutSeconds: 0.6 }));
  expect(await plane.doneOf("chatty")).toEqual({ outcome: "succeeded" });
  expect(await plane.doneOf("print-slowly")).toEqual({ outcome: "succeeded" });
});
