import { PROCEDURES } from "../contract/table.ts";
import { expect, it } from "vitest";
import { fitsCursor, MAX_CURSOR_BYTES } from "./cursor.ts";

it("a cursor is limited by its bytes in UTF-8, not by its characters", () => {
  const fits = ["a", "é", "€", "😀"].map((character) => {
    const bytes = new TextEncoder().encode(character).length;
    const most = character.repeat(Math.floor(MAX_CURSOR_BYTES / bytes));
    return [fitsCursor(most), fitsCursor(most + character)];
  });
  expect(fits).toEqual(Array.from({ length: 4 }, () => [true, false]));
  const input = { location: "l", kind: "sensor", name: "s" };
  expect(PROCEDURES["automations.setCursor"].input.safeParse({ ...input, cursor: "€".repeat(70_000) }).success).toBe(false);
  expect(PROCEDURES["automations.test"].input.safeParse({ ...input, cursor: "€".repeat(70_000) }).success).toBe(false);
});
