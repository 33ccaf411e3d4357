/** Registers the webhooks of the deployment in the directory at each activation, so that a lost row is restored. */
import { z } from "zod";
import type { FactOf } from "../facts.ts";
import type { Tx } from "../kernel/tx.ts";
import { readIdentity } from "../kernel/meta-store.ts";
import { enqueue } from "../outbox/enqueue.ts";

const registrationSchema = z.object({ webhooks: z.array(z.string()) });

export function afterWebhooksActivated(tx: Tx, facts: readonly FactOf<"webhooks_activated">[]): void {
  // The Worker says it before anything else; without it the directory has no deployment that an address could lead to.
  if (readIdentity(tx.db) === null) return;
  const webhooks = [...new Set(facts.flatMap(({ ids }) => ids))];
  enqueue(tx, { destination: "directory", topic: "webhooks.register", body: { webhooks } satisfies z.input<typeof registrationSchema> });
}

/** The ids of the webhooks in the body of such a message. */
export function parseWebhookRegistration(body: string): readonly string[] {
  return registrationSchema.parse(JSON.parse(body)).webhooks;
}
