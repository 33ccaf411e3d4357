import { expect, it } from "vitest";
import { automationInputs } from "../api/automation-inputs.ts";
import { fitsCursor, MAX_CURSOR_BYTES } from "./cursor.ts";

it("a cursor is limited by bytes in UTF-8, not by characters", () => {
  const fits = ["a", "é", "€", "😀"].map((character) => {
    const bytes = new TextEncoder().encode(character).length;
    const most = character.repeat(Math.floor(MAX_CURSOR_BYTES / bytes));
    return [fitsCursor(most), fitsCursor(most + character)];
  });
  expect(fits).toEqual(Array.from({ length: 4 }, () => [true, false]));
  const input = { location: "l", kind: "sensor", name: "s" };
  expect(automationInputs.setCursor.safeParse({ ...input, cursor: "€".repeat(70_000) }).success).toBe(false);
  expect(automationInputs.testTick.safeParse({ ...input, cursor: "€".repeat(70_000) }).success).toBe(false);
});
