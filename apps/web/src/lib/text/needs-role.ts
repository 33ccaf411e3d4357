/** Says why a button is disabled. The control plane decides; this only keeps pages from promising what it would refuse. */
import type { Role } from "@headgate/shared/domain/access/role.ts";

/** For the tooltip of a button that the person's role does not allow. */
export function needsRole(needed: Role): string {
  return `Needs the role ${needed}`;
}
