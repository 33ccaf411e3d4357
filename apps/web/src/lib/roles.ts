/** What may the person do here? The control plane decides; this only keeps buttons from promising what it would refuse. */
import type { Role } from "@headgate/shared/domain/access/role.ts";

const RANK: Readonly<Record<Role, number>> = { viewer: 0, launcher: 1, editor: 2, admin: 3, owner: 4 };

export function roleIncludes(role: Role, needed: Role): boolean {
  return RANK[role] >= RANK[needed];
}

/** For the tooltip of a button that is not there for everybody. */
export function needsRole(needed: Role): string {
  return `Needs the role ${needed}`;
}
