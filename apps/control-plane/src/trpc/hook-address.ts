/** Who may see the address of a webhook? Where nothing is verified, whoever knows it can start runs: it is a secret of editors. */
import type { HookView } from "@headgate/shared/api/automation-views.ts";
import type { Role } from "@headgate/shared/api/views.ts";
import { roleIncludes } from "../http/roles.ts";

export function hookSeenBy(role: Role, hook: HookView): HookView {
  return hook.verify === "none" && !roleIncludes(role, "editor") ? { ...hook, id: null, path: null } : hook;
}
