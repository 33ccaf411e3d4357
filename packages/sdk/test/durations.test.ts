import { expect, it, onTestFinished } from "vitest";
import { defineAsset, defineAssetCheck, defineCodeLocation, type Duration } from "@headgate/sdk";
import { createRuntime } from "@headgate/sdk/runtime";
import { parseConfig } from "@headgate/sdk/config";
import type { IndexResult } from "@headgate/shared/protocol/worker.ts";
import { makeFolders } from "./run-step.test-support.ts";

async function index(assets: Parameters<typeof defineCodeLocation>[0]["assets"]): Promise<IndexResult> {
  return await createRuntime(defineCodeLocation({ name: "durations", assets })).index({ ...(await makeFolders()), env: {} });
}

/** What the process reports until the test ends. */
function warningsOfProcess(): string[] {
  const texts: string[] = [];
  const keep = (warning: Error): void => void texts.push(warning.message);
  process.on("warning", keep);
  onTestFinished(() => void process.off("warning", keep));
  return texts;
}

it.each([
  [90, 90],
  ["90s", 90],
  ["1.5m", 90],
  ["2h", 7200],
  ["1d", 86_400],
] satisfies [Duration, number][])("the duration %j of every option of a step is published as %i seconds", async (given, seconds) => {
  const options = { timeout: given, idleTimeout: given, retry: { maxRetries: 1, delay: given } };
  const asset = defineAsset({ key: "a", ...options, run: () => 1 });
  const { draft, errors } = await index([asset, asset.check({ name: "own", ...options, run: () => true })]);
  expect(errors).toEqual([]);
  const published = { timeoutSeconds: seconds, idleTimeoutSeconds: seconds, retry: { maxRetries: 1, delaySeconds: seconds } };
  expect(draft?.units).toMatchObject([
    { id: "a", ...published },
    { id: "check:a:own", ...published },
  ]);
});

it("a duration that cannot be read is reported with its option and place", async () => {
  const wrong = "5 minutes" as Duration;
  const { errors } = await index([
    defineAsset({ key: "a", timeout: wrong, idleTimeout: wrong, retry: { maxRetries: 1, delay: wrong }, run: () => 1 }),
  ]);
  expect(errors.map(({ message }) => message)).toEqual(
    ["retry.delay", "timeout", "idleTimeout"].map(
      (option) => `Asset "a": '${option}' must be a number of seconds or a text such as "30s" or "5m".`,
    ),
  );
  expect(errors[0]?.file).toMatch(/durations\.test\.ts$/);
});

it("delaySeconds still works and is reported once with its new form", async () => {
  const texts = warningsOfProcess();
  const old = () => defineAsset({ key: "old", retry: { maxRetries: 1, delaySeconds: 7 }, run: () => 1 });
  for (const asset of [old(), old()]) {
    const { draft, warnings = [] } = await index([asset]);
    expect(draft?.units[0]?.retry).toEqual({ maxRetries: 1, delaySeconds: 7 });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/durations\.test\.ts:\d+: retry: \{ delaySeconds: 7 \} is deprecated .* Write retry: \{ delay: 7 \}\.$/);
  }
  expect(texts).toHaveLength(1);
});

it("a configuration file may limit the loading of a location by either form of a duration", () => {
  const texts = warningsOfProcess();
  const secondsOf = (option: object): number | undefined =>
    parseConfig({ locations: [{ name: "x", entry: "x.ts", ...option }] }, "headgate.config.ts").locations[0]?.indexTimeoutSeconds;
  expect(secondsOf({ indexTimeout: "2m" })).toBe(120);
  expect(secondsOf({ indexTimeout: 3 })).toBe(3);
  expect(secondsOf({ indexTimeoutSeconds: 4 })).toBe(4);
  expect(() => secondsOf({ indexTimeout: "soon" })).toThrow('locations.0.indexTimeout: write a number of seconds or a text such as "30s"');
  return new Promise<void>((done) => {
    setImmediate(() => {
      expect(texts).toEqual([expect.stringContaining("Write indexTimeout: 4.")]);
      done();
    });
  });
});

it("a check of an asset that something else makes takes durations as well", async () => {
  const asset = defineAsset({ key: "a", run: () => 1 });
  const { draft } = await index([asset, defineAssetCheck({ asset: "a", name: "fresh", timeout: "1m", run: () => true })]);
  expect(draft?.units[1]).toMatchObject({ timeoutSeconds: 60 });
});
