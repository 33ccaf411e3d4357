import { expect, test } from "vitest";
import { olderSecret } from "./older-secret.ts";

const secret = (id: string, createdAt: number) => ({ id, createdAt, createdBy: "ada", lastUsedAt: null });

test("the secret made first is the older one, in any order", () => {
  const [first, second] = [secret("sec_z", 1), secret("sec_a", 2)];
  expect(olderSecret([first, second])).toBe("sec_z");
  expect(olderSecret([second, first])).toBe("sec_z");
});

test("a single secret is not the older one", () => {
  expect(olderSecret([secret("sec_a", 1)])).toBeNull();
  expect(olderSecret([])).toBeNull();
});
