import { expect, test } from "vitest";
import { shortenStack } from "./problems.ts";

const folders = { root: "/project", bundleFolder: "/tmp/bundle" };
const shorten = (...lines: string[]) => shortenStack(lines.join("\n"), folders).split("\n");

test("a stack names a place once although two frames are there", () => {
  const frame = "    at <anonymous> (/project/src/location.ts:1:7)";
  expect(shorten("Error: no settings", frame, frame)).toEqual(["Error: no settings", "    at <anonymous> (src/location.ts:1:7)"]);
  expect(shorten("Error: a", "    at async /project/src/location.ts:1:7", frame)).toEqual(["Error: a", "    at async src/location.ts:1:7"]);
});

test("a stack has no frames of the bundler", () => {
  expect(
    shorten(
      "Error: no settings",
      "    at src/other.ts (/project/src/other.ts:1:7)",
      "    at __init (/tmp/bundle/bundle.js:8:58)",
      "    at <anonymous> (/project/src/other.ts:1:7)",
      "    at load (/project/src/location.ts:2:1)",
      "    at <anonymous> (/project/src/other.ts:1:7)",
    ),
  ).toEqual([
    "Error: no settings",
    "    at src/other.ts (src/other.ts:1:7)",
    "    at load (src/location.ts:2:1)",
    "    at <anonymous> (src/other.ts:1:7)",
  ]);
});

test("lines of a message stay even if they are equal", () => {
  expect(shorten("Error: a", "same", "same", "    at f (/project/a.ts:1:1)")).toEqual(["Error: a", "same", "same", "    at f (a.ts:1:1)"]);
});
