/** Who may see the address of a webhook? Where nothing is verified, whoever knows it can start runs: it is a secret of editors. */
import type { WebhookView } from "@headgate/shared/contract/automations/webhook-views.ts";
import type { Role } from "@headgate/shared/domain/access/role.ts";
import { roleIncludes } from "@headgate/shared/domain/access/role.ts";

export function hookSeenBy(role: Role, hook: WebhookView): WebhookView {
  return hook.verify === "none" && !roleIncludes(role, "editor") ? { ...hook, id: null, path: null } : hook;
}
