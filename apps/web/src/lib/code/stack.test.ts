import { describe, expect, it } from "vitest";
import { splitStack } from "./stack.ts";

describe("a stack trace", () => {
  it("shows the person's frames apart from those of Node and packages", () => {
    const stack =
      "Error: no\n    at assets/gold.ts:3:28\n    at load (node:internal/modules/esm/loader:1:2)\n    at run (/x/node_modules/y/index.js:1:1)";
    expect(splitStack(stack)).toEqual({
      user: ["at assets/gold.ts:3:28"],
      framework: ["at load (node:internal/modules/esm/loader:1:2)", "at run (/x/node_modules/y/index.js:1:1)"],
    });
  });
});
