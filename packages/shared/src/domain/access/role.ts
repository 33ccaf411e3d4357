/** Roles contain one another: each may do all that the ones before it may. */
export const ROLES = ["viewer", "launcher", "editor", "admin", "owner"] as const;
export type Role = (typeof ROLES)[number];

export function roleIncludes(has: Role, needed: Role): boolean {
  return ROLES.indexOf(has) >= ROLES.indexOf(needed);
}

export function lowerRole(a: Role, b: Role): Role {
  return roleIncludes(a, b) ? b : a;
}

export function highestRole(roles: readonly Role[]): Role | null {
  return ROLES.findLast((role) => roles.includes(role)) ?? null;
}
