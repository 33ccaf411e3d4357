/** The older one of the two valid secrets of a webhook, which a third secret would revoke. */
import type { WebhookView } from "../contract/automations/webhook-views.ts";

/** Null unless there are two. */
export function olderSecret(secrets: WebhookView["secrets"]): string | null {
  const [first, second] = secrets.toSorted((a, b) => a.createdAt - b.createdAt);
  return first && second ? first.id : null;
}
