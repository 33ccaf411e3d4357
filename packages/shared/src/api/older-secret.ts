/** Which of two valid secrets of a webhook is the one that its sender has left? A third one makes it invalid. */
import type { WebhookView } from "../contract/automations/webhook-views.ts";

/** Null while there are not two. */
export function olderSecret(secrets: WebhookView["secrets"]): string | null {
  const [first, second] = secrets.toSorted((a, b) => a.createdAt - b.createdAt);
  return first && second ? first.id : null;
}
