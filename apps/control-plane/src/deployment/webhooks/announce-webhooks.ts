/** Tells the directory to which deployment the addresses of webhooks lead: at each activation, so that a lost row comes back. */
import { z } from "zod";
import type { FactOf } from "../facts.ts";
import type { Tx } from "../kernel/tx.ts";
import { enqueue } from "../outbox/enqueue.ts";

const registrationSchema = z.object({ webhooks: z.array(z.string()) });

export function afterWebhooksActivated(tx: Tx, facts: readonly FactOf<"webhooks_activated">[]): void {
  const webhooks = [...new Set(facts.flatMap(({ ids }) => ids))];
  enqueue(tx, { destination: "directory", topic: "webhooks.register", body: { webhooks } satisfies z.input<typeof registrationSchema> });
}

/** Ids of the webhooks in the body of such a message. */
export function parseWebhookRegistration(body: string): readonly string[] {
  return registrationSchema.parse(JSON.parse(body)).webhooks;
}
