/** Roles contain one another: each may do all that the ones before it may. */
import type { Role } from "@headgate/shared/api/views.ts";

const ORDER = ["viewer", "launcher", "editor", "admin", "owner"] as const satisfies readonly Role[];

export function roleIncludes(has: Role, needed: Role): boolean {
  return ORDER.indexOf(has) >= ORDER.indexOf(needed);
}
