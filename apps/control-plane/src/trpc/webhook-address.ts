/** Hides the address of a webhook that verifies nothing below the role editor: knowing it is enough to start runs. */
import type { WebhookView } from "@headgate/shared/contract/automations/webhook-views.ts";
import type { AnswerOf, QueryName } from "@headgate/shared/contract/table.ts";
import { type Role, roleIncludes } from "@headgate/shared/domain/access/role.ts";

/** Queries whose answer depends on the role. */
const SEEN_BY: { readonly [N in QueryName]?: (role: Role, answer: AnswerOf<N>) => AnswerOf<N> } = {
  "automations.get": (role, detail) => ({ ...detail, hook: detail.hook && webhookSeenBy(role, detail.hook) }),
  "webhooks.get": webhookSeenBy,
};

export function seenBy<N extends QueryName>(name: N, role: Role, answer: AnswerOf<N>): AnswerOf<N> {
  const hide: ((role: Role, answer: AnswerOf<N>) => AnswerOf<N>) | undefined = SEEN_BY[name];
  return hide === undefined ? answer : hide(role, answer);
}

function webhookSeenBy(role: Role, webhook: WebhookView): WebhookView {
  return webhook.verify === "none" && !roleIncludes(role, "editor") ? { ...webhook, id: null, path: null } : webhook;
}
