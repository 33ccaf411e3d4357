import { expect, test } from "vitest";
import { highestRole, lowerRole, roleIncludes, ROLES } from "./role.ts";

test("a role includes itself and those before it", () => {
  for (const [a, has] of ROLES.entries()) {
    for (const [b, needed] of ROLES.entries()) {
      expect(roleIncludes(has, needed)).toBe(a >= b);
      expect(lowerRole(has, needed)).toBe(ROLES[Math.min(a, b)]);
      expect(highestRole([has, needed])).toBe(ROLES[Math.max(a, b)]);
    }
  }
});

test("no roles are no role", () => {
  expect(highestRole([])).toBeNull();
});
