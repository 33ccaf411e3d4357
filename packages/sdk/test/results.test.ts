/** What assets and multi-assets return or yield: each natural form is read or refused, and no result is lost. */
import { describe, expect, it } from "vitest";
import {
  addPartitions,
  checkResult,
  defineAsset,
  defineMultiAsset,
  materialization,
  removePartitions,
  reportMaterialization,
  reportObservation,
  runRequest,
  skip,
} from "@headgate/sdk";
import { only, runStep } from "./run-step.test-support.ts";

describe("results of an asset", () => {
  const passed = checkResult({ name: "enough", passed: true });
  const fine: Readonly<Record<string, () => unknown>> = {
    "a list": () => [materialization({ metadata: { rows: 1 } }), passed],
    "a promise of a list": async () => [materialization({ metadata: { rows: 1 } }), passed],
    "a list of promises": () => [Promise.resolve(materialization({ metadata: { rows: 1 } })), passed],
    "a list with a condition": () => [materialization({ metadata: { rows: 1 } }), false, passed],
    "a deeply nested list": () => [[[materialization({ metadata: { rows: 1 } })]], passed],
    "a promise of a list of promises of lists": async () => [Promise.resolve([materialization({ metadata: { rows: 1 } }), passed])],
    "a generator that returns a list": function* results() {
      yield materialization({ metadata: { rows: 1 } });
      return [passed];
    },
    "an object to iterate": () => ({
      async *[Symbol.asyncIterator]() {
        yield materialization({ metadata: { rows: 1 } });
        yield passed;
      },
    }),
    "a nested list": () => [materialization({ metadata: { rows: 1 } }), [passed]],
    "a generator": function* results() {
      yield materialization({ metadata: { rows: 1 } });
      yield passed;
    },
    "an async generator of lists": async function* results() {
      yield [materialization({ metadata: { rows: 1 } }), passed];
    },
  };
  it.each(Object.entries(fine))("%s is read", async (_, run) => {
    const { outcome, events } = await runStep([defineAsset({ key: "orders", run })], "orders");
    expect(outcome).toEqual({ outcome: "succeeded" });
    expect(only(events, "asset_materialized")).toHaveLength(1);
    expect(only(events, "check_evaluated")).toMatchObject([{ check: "enough", passed: true }]);
  });

  const refused: readonly (readonly [string, () => unknown, string])[] = [
    ["addPartitions", () => addPartitions("files", ["a"]), "addPartitions(...) or removePartitions(...), which only sensors"],
    ["removePartitions", () => removePartitions("files", ["a"]), "addPartitions(...) or removePartitions(...), which only sensors"],
    [
      "reportMaterialization",
      () => reportMaterialization("raw"),
      "reportMaterialization(...) or reportObservation(...), which only sensors",
    ],
    ["reportObservation", () => reportObservation("raw"), "reportMaterialization(...) or reportObservation(...), which only sensors"],
    ["runRequest", () => runRequest(), "runRequest(...), which only sensors"],
    ["skip", () => skip("nothing"), "skip(...), which only sensors"],
    ["a request in a list", () => [materialization(), runRequest()], "runRequest(...), which only sensors"],
    ["a list of results and values", () => [passed, 1], "mixes results with other values"],
    ["an object of a list of results", () => ({ a: { b: [passed] } }), "an object with an object with a list with a result, where it"],
    [
      "an instance of a class with a result",
      () =>
        new (class Box {
          result = passed;
        })(),
      "an object with a result in 'result'",
    ],
    ["a Set of lists of results", () => new Set([[passed]]), "a Set with a list with a result"],
    ["a result as a value", () => materialization({ value: materialization() }), "gave a result as the value of materialization(...)"],
    ["a value with a result", () => materialization({ value: { checks: [passed] } }), "an object with a list with a result"],
    ["a Map of lists of results", () => new Map([["a", [passed]]]), "a Map with a list with a result"],
    ["two materializations with values", () => [1, 2].map((value) => materialization({ value })), "made a value twice"],
    [
      "a second yielded value",
      function* values() {
        yield 1;
        yield 2;
      },
      "made a value twice, and the second would replace the first",
    ],
    ["an object of results", () => ({ result: materialization(), checks: [passed] }), "an object with a result in 'result'"],
    ["a Set of results", () => new Set([passed]), "a Set with a result"],
    ["a Map of checks", () => new Map([["a", passed]]), "a Map with results"],
    ["checks that are no results", () => materialization({ checks: [true as never] }), "'checks' that are not a list of checkResult"],
    ["a partition of an asset without any", () => materialization({ partition: "a" }), "is not partitioned"],
  ];
  it.each(refused)("%s is refused", async (_, run, message) => {
    const { outcome } = await runStep([defineAsset({ key: "orders", run })], "orders");
    expect(outcome).toMatchObject({
      outcome: "failed",
      failure: { kind: "bad_output", message: expect.stringContaining(message) as string },
    });
  });
});

describe("results of a multi-asset", () => {
  const outputs = { x: { key: "x" }, y: { key: "y" } };
  const start = async (run: () => unknown) =>
    await runStep([defineMultiAsset({ name: "both", outputs, run: run as () => never })], "multi:both", { job: { assets: ["x", "y"] } });

  const fine: Readonly<Record<string, () => unknown>> = {
    "a list": () => [{ output: "x" }, { output: "y" }],
    "a nested list": () => [[{ output: "x" }], [{ output: "y" }]],
    "a list with a condition": () => [{ output: "x" }, undefined, false, null, { output: "y" }],
    "a list of materializations": () => [materialization({ asset: "x" }), materialization({ asset: "y" })],
    "a generator of lists": function* results() {
      yield [{ output: "x" }];
      yield [{ output: "y" }];
    },
  };
  it.each(Object.entries(fine))("%s is read", async (_, run) => {
    const { outcome, events } = await start(run);
    expect(outcome).toEqual({ outcome: "succeeded" });
    expect(only(events, "asset_materialized").map(({ asset }) => asset)).toEqual(["x", "y"]);
  });

  const refused: readonly (readonly [string, () => unknown, string])[] = [
    ["a record of outputs", () => ({ x: 1, y: 2 }), 'Yield { output: "x", value, metadata, checks } for each.'],
    ["a request", () => runRequest(), "runRequest(...), which only sensors"],
    [
      "a value with a result",
      () => [{ output: "x", value: [checkResult({ passed: true })] }],
      "a list with a result, where it would be lost",
    ],
    ["a second value", () => [1, 2].map((value) => ({ output: "x", value })), 'Asset "x" made a value twice'],
  ];
  it.each(refused)("%s is refused", async (_, run, message) => {
    const { outcome } = await start(run);
    expect(outcome).toMatchObject({ failure: { kind: "bad_output", message: expect.stringContaining(message) as string } });
  });
});
