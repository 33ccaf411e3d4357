import { expect, test } from "vitest";
import type { RunSummary } from "../contract/runs/run-views.ts";
import { RUN_FACTS } from "./run-facts.ts";

const shown = (run: Partial<RunSummary>) =>
  RUN_FACTS.map(({ name, text }) => [name, text(run as RunSummary)]).filter(([, text]) => text !== "");

test("the facts of a run name its priority unless it is 0", () => {
  expect(shown({ priority: -3 })).toEqual([["priority", "-3"]]);
  expect(shown({ priority: 0 })).toEqual([]);
});
