import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineAsset, defineResource } from "@headgate/sdk";
import { only, runStep } from "./run-step.test-support.ts";

describe("resources", () => {
  it("resources are made once per attempt in order and torn down in reverse, also after a failure", async () => {
    const seen: string[] = [];
    const make = (key: string) =>
      defineResource({ key, setup: () => void seen.push(`up ${key}`), teardown: () => void seen.push(`down ${key}`) });
    const [one, two] = [make("one"), make("two")];
    const asset = defineAsset({ key: "r", requires: [one, two, one], run: () => Promise.reject(new Error("no")) });
    expect((await runStep([asset], "r", { resources: [one, two] })).outcome.outcome).toBe("failed");
    expect(seen).toEqual(["up one", "up two", "down two", "down one"]);
  });

  it("resources that were made are torn down when a later one cannot be made", async () => {
    const seen: string[] = [];
    const good = defineResource({ key: "good", setup: () => 1, teardown: () => void seen.push("down") });
    const bad = defineResource({ key: "bad", setup: () => Promise.reject(new Error("refused: wrong password")) });
    const { outcome } = await runStep([defineAsset({ key: "r", requires: [good, bad], run: () => 1 })], "r", { resources: [good, bad] });
    expect(outcome).toMatchObject({ outcome: "failed", retryable: true, failure: { message: "refused: wrong password" } });
    expect(seen).toEqual(["down"]);
  });

  it("resources take config from their values and from the run", async () => {
    const seen: unknown[] = [];
    const make = (where: string) =>
      defineResource({
        key: "db",
        config: z.object({ host: z.string(), port: z.number().default(1) }),
        values: { host: where },
        setup: ({ config, env }) => ({ ...config, password: env["DB_PASSWORD"] }),
      });
    const asset = defineAsset({ key: "r", requires: [make("token")], run: ({ resources }) => void seen.push(resources.db) });
    const options = { resources: [make("location")], env: { DB_PASSWORD: "x" } };
    await runStep([asset], "r", options);
    await runStep([asset], "r", { ...options, job: { config: { resources: { db: { host: "run", port: 2 } } } } });
    expect(seen).toEqual([
      { host: "location", port: 1, password: "x" },
      { host: "run", port: 2, password: "x" },
    ]);
  });

  it("resources that fail to close are a warning, not a failure", async () => {
    const leaky = defineResource({ key: "leaky", setup: () => 1, teardown: () => Promise.reject(new Error("already closed")) });
    const { outcome, events } = await runStep([defineAsset({ key: "r", requires: [leaky], run: () => 1 })], "r", { resources: [leaky] });
    expect(outcome.outcome).toBe("succeeded");
    expect(only(events, "log")).toMatchObject([{ level: "warn", message: "A resource could not be torn down" }]);
  });
});
