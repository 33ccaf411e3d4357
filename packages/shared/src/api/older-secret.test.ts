import { expect, test } from "vitest";
import { olderSecret } from "./older-secret.ts";

const secret = (id: string, createdAt: number) => ({ id, createdAt, createdBy: "ada", lastUsedAt: null });

test("of two secrets the one made first is the older, in whatever order they stand", () => {
  const [first, second] = [secret("sec_z", 1), secret("sec_a", 2)];
  expect(olderSecret([first, second])).toBe("sec_z");
  expect(olderSecret([second, first])).toBe("sec_z");
});

test("a secret alone is not the older one", () => {
  expect(olderSecret([secret("sec_a", 1)])).toBeNull();
  expect(olderSecret([])).toBeNull();
});
