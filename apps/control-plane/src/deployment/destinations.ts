/** The destinations of the outbox in a deployment's object. */
import { writeAuditRow } from "../directory/audit.ts";
import { openDirectory } from "../directory/database.ts";
import { registerWebhooks } from "../directory/webhooks.ts";
import type { DeploymentEnv } from "./deployment-env.ts";
import type { Database } from "./kernel/database.ts";
import { readIdentity } from "./kernel/meta-store.ts";
import { AUDIT_TOPIC, parseAuditRow } from "./outbox/audit-message.ts";
import type { Destinations } from "./outbox/destination.ts";
import { parseWebhookRegistration } from "./webhooks/announce-webhooks.ts";

export function destinationsOf(env: DeploymentEnv, db: Database): Destinations {
  return {
    directory: {
      async send({ topic, body }) {
        if (topic === AUDIT_TOPIC) {
          await writeAuditRow(openDirectory(env.DB), parseAuditRow(body));
          return { outcome: "delivered" };
        }
        const identity = readIdentity(db);
        if (!identity) return { outcome: "failed", reason: "The deployment does not know its own name yet." };
        // A registered id keeps its deployment, so a repeated message changes nothing.
        await registerWebhooks(openDirectory(env.DB), identity.id, parseWebhookRegistration(body));
        return { outcome: "delivered" };
      },
    },
  };
}
