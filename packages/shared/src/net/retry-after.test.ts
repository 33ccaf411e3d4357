/** When a server that asks for patience wants to be asked again. */
import { expect, it } from "vitest";
import { retryAfterMs } from "./retry-after.ts";

const NOW = Date.UTC(2030, 0, 7, 12);

it.each([
  ["7", 7_000],
  ["0", 0],
  [" 3 ", 3_000],
  [new Date(NOW + 5_000).toUTCString(), 5_000],
  [new Date(NOW - 5_000).toUTCString(), 0],
  ["soon", null],
  ["", null],
  [null, null],
  [undefined, null],
])("a Retry-After of %j is %j milliseconds", (header, expected) => {
  expect(retryAfterMs(header, NOW)).toBe(expected);
});
