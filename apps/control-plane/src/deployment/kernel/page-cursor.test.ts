/** How much one page of a list holds. */
import { expect, it } from "vitest";
import { cutPage, MAX_ANSWER_CHARACTERS } from "./page-cursor.ts";

const sizeOf = (row: number) => row;

it("a page ends at its number of rows or at its size", () => {
  expect(cutPage([1, 1, 1], { limit: 2, sizeOf })).toEqual({ page: [1, 1], more: true });
  expect(cutPage([1, 1], { limit: 2, sizeOf })).toEqual({ page: [1, 1], more: false });
  const half = MAX_ANSWER_CHARACTERS / 2;
  expect(cutPage([half, half, half], { limit: 9, sizeOf })).toEqual({ page: [half, half], more: true });
});

it("a page holds at least one row, however large it is", () => {
  expect(cutPage([MAX_ANSWER_CHARACTERS * 3, 1], { limit: 9, sizeOf })).toEqual({ page: [MAX_ANSWER_CHARACTERS * 3], more: true });
});
