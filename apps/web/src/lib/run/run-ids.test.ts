import { describe, expect, it } from "vitest";
import { splitRunIds } from "./run-ids.ts";

const RUN = "01a22200-b697-7792-b8c5-ecf3860fe3d3";

describe("run ids in a sentence", () => {
  it("a sentence is split around its run ids", () => {
    expect(splitRunIds(`All 2 slots busy, held by run ${RUN} and 1 more`)).toEqual([
      { text: "All 2 slots busy, held by run ", isRun: false },
      { text: RUN, isRun: true },
      { text: " and 1 more", isRun: false },
    ]);
    expect(splitRunIds("No agent connected")).toEqual([{ text: "No agent connected", isRun: false }]);
  });
});
