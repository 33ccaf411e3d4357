import { describe, expect, it } from "vitest";
import { splitStack } from "./stack.ts";

describe("stack trace", () => {
  it("user frames are separated from frames of Node and packages", () => {
    const stack =
      "Error: no\n    at assets/gold.ts:3:28\n    at load (node:internal/modules/esm/loader:1:2)\n    at run (/x/node_modules/y/index.js:1:1)";
    expect(splitStack(stack)).toEqual({
      user: ["at assets/gold.ts:3:28"],
      framework: ["at load (node:internal/modules/esm/loader:1:2)", "at run (/x/node_modules/y/index.js:1:1)"],
    });
  });

  it("Headgate's own frames count as framework frames", () => {
    const stack = [
      "at Object.evaluate (location.ts:44:116)",
      "at evaluate (/data/versions/work/headgate/packages/sdk/src/sensor.ts:147:59)",
      "at tick (/usr/lib/headgate/packages/cli/dist/src/workers/worker-main.ts:156:34)",
      "at tick (/app/node_modules/@headgate/sdk/dist/tick.js:1:1)",
    ];
    expect(splitStack(stack.join("\n"))).toEqual({ user: stack.slice(0, 1), framework: stack.slice(1) });
  });
});
